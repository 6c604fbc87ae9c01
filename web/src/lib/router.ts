/** Addresses of the page and what they show. */

export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'search'; readonly id: string }
  | { readonly page: 'batch'; readonly id: string }
  | { readonly page: 'record'; readonly id: number }
  | { readonly page: 'catalogue' }
  | { readonly page: 'unknown' };

export function routeOf(pathname: string): Route {
  const [room = '', id = '', ...rest] = pathname.split('/').filter(Boolean).map(decoded);
  if (rest.length) return { page: 'unknown' };
  if (!room) return { page: 'home' };
  if (room === 'catalogue' && !id) return { page: 'catalogue' };
  if (room === 'searches' && id) return { page: 'search', id };
  if (room === 'batches' && id) return { page: 'batch', id };
  if (room === 'records' && /^\d+$/.test(id)) return { page: 'record', id: Number(id) };
  return { page: 'unknown' };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const href = {
  home: () => '/',
  catalogue: (query: Readonly<Record<string, string>> = {}) => withQuery('/catalogue', query),
  search: (id: string) => `/searches/${encodeURIComponent(id)}`,
  match: (search: string, record: number) => withQuery(href.search(search), { match: String(record) }),
  batch: (id: string) => `/batches/${encodeURIComponent(id)}`,
  record: (id: number) => `/records/${id}`,
};

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const given = Object.entries(query).filter(([, value]) => value);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

interface Click {
  readonly button: number;
  readonly metaKey: boolean;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly defaultPrevented: boolean;
}

/** A plain click on a link to one of our own pages is followed without a reload; every other click is the browser's. */
export function isOurs(click: Click, target: string, pathname: string): boolean {
  const plain = click.button === 0 && !(click.metaKey || click.ctrlKey || click.shiftKey || click.altKey);
  return plain && !click.defaultPrevented && target !== '_blank' && routeOf(pathname).page !== 'unknown';
}
