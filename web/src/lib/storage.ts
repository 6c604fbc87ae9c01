/** What this browser keeps for the page. One that blocks storage, or has no room left in it, keeps nothing: the page goes on. */

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`vitrine.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`vitrine.${name}`, value);
  } catch {
    // Kept in memory, until the page is left.
  }
}
