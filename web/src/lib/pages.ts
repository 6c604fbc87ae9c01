/** Pages that are fetched when they are first turned to; the start page alone comes with the application. */
export const pages = {
  search: () => import('../pages/SearchPage.svelte'),
  batch: () => import('../pages/BatchPage.svelte'),
  record: () => import('../pages/RecordPage.svelte'),
  catalogue: () => import('../pages/CataloguePage.svelte'),
};

/** Fetches the page that most likely comes next, while nothing else is to do. */
export function fetchAhead(): void {
  const idle = globalThis.requestIdleCallback ?? ((task: () => void) => setTimeout(task, 500));
  idle(() => {
    pages.search().catch(() => undefined);
    import('../components/MatchDialog.svelte').catch(() => undefined);
  });
}
