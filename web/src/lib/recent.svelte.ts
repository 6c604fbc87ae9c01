/** The searches of this browser, newest first. Only their ids and names are kept; the pictures stay on the server. */
import { keep, kept, onKeptElsewhere } from './storage';

export interface RecentSearch {
  readonly id: string;
  readonly filename: string;
  readonly at: string;
  /** The name of the nearest object, once known. */
  readonly nearest?: string;
}

const KEPT_AS = 'recent';
const KEPT = 24;

function read(): readonly RecentSearch[] {
  try {
    const searches: unknown = JSON.parse(kept(KEPT_AS) ?? '[]');
    return Array.isArray(searches) ? searches.filter((item) => typeof item?.id === 'string') : [];
  } catch {
    return [];
  }
}

class Recent {
  searches = $state.raw<readonly RecentSearch[]>(read());

  constructor() {
    onKeptElsewhere(KEPT_AS, () => (this.searches = read()));
  }

  /** Other tabs add to the list as well: what is changed is what lies in the browser now. */
  #change(step: (searches: readonly RecentSearch[]) => readonly RecentSearch[]): void {
    this.searches = step(read()).slice(0, KEPT);
    keep(KEPT_AS, JSON.stringify(this.searches));
  }

  add(searches: readonly RecentSearch[]): void {
    const known = new Set(searches.map(({ id }) => id));
    this.#change((before) => [...searches, ...before.filter(({ id }) => !known.has(id))]);
  }

  learn(id: string, nearest: string): void {
    this.#change((before) => before.map((search) => (search.id === id ? { ...search, nearest } : search)));
  }

  forget(id: string): void {
    this.#change((before) => before.filter((search) => search.id !== id));
  }

  clear(): void {
    this.#change(() => []);
  }
}

export const recent = new Recent();
