/** What this browser keeps for the page. One that blocks storage, or has no room left in it, keeps nothing: the page goes on. */

const PREFIX = 'vitrine.';

/** What the browser would not keep: known until the page is left. */
const unkept = new Map<string, string>();

export function kept(name: string): string | null {
  try {
    return unkept.get(name) ?? localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
    unkept.delete(name);
  } catch {
    unkept.set(name, value);
  }
}

/** Tells when another tab has kept something else under this name, or has emptied the storage. */
export function onKeptElsewhere(name: string, tell: () => void): void {
  addEventListener('storage', ({ key }) => {
    if (key === PREFIX + name || key === null) tell();
  });
}
