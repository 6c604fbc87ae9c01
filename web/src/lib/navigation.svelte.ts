import { isOurs, routeOf } from './router';

class Place {
  pathname = $state(location.pathname);
  search = $state(location.search);
  route = $derived(routeOf(this.pathname));
  query = $derived(new URLSearchParams(this.search));
}

export const place = new Place();

function read(): void {
  leaving = false;
  place.pathname = location.pathname;
  place.search = location.search;
}

export function go(address: string, { replace = false }: { replace?: boolean } = {}): void {
  const turned = new URL(address, location.href).pathname !== location.pathname;
  if (replace) history.replaceState(history.state, '', address);
  else {
    history.replaceState({ ...history.state, scrolled: scrollY }, '');
    history.pushState({ pushed: true }, '', address);
  }
  read();
  if (turned) scrollTo(0, 0);
}

/** How far the page had been scrolled when it was left, for one that was come back to; null for any other. */
export function scrolledBefore(): number | null {
  return (history.state as { scrolled?: number } | null)?.scrolled ?? null;
}

// A browser goes back a moment later than it is asked to: asked twice in that moment, it would leave the page beneath too.
let leaving = false;

/** Leaves a layer that was opened over a page: back where it was pushed, otherwise in its place. */
export function leaveTo(address: string): void {
  const state = history.state as { pushed?: boolean } | null;
  if (leaving) return;
  leaving = Boolean(state?.pushed);
  if (leaving) history.back();
  else go(address, { replace: true });
}

/** Starts following the browser's history and clicks on links; returns what ends it. */
export function follow(): () => void {
  const onClick = (event: MouseEvent): void => {
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.origin !== location.origin || link.hasAttribute('download')) return;
    if (link.hash && link.pathname === location.pathname) return;
    if (!isOurs(event, link.target, link.pathname)) return;
    event.preventDefault();
    go(link.pathname + link.search);
  };
  addEventListener('popstate', read);
  document.addEventListener('click', onClick);
  return () => {
    removeEventListener('popstate', read);
    document.removeEventListener('click', onClick);
  };
}
