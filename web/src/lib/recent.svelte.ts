/** The searches of this browser, newest first. Only their ids and names are kept; the pictures stay on the server. */
import { keep, kept } from './storage';

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

  #keep(searches: readonly RecentSearch[]): void {
    this.searches = searches.slice(0, KEPT);
    keep(KEPT_AS, JSON.stringify(this.searches));
  }

  add(searches: readonly RecentSearch[]): void {
    const known = new Set(searches.map(({ id }) => id));
    this.#keep([...searches, ...this.searches.filter(({ id }) => !known.has(id))]);
  }

  learn(id: string, nearest: string): void {
    if (this.searches.some((search) => search.id === id && search.nearest !== nearest)) {
      this.#keep(this.searches.map((search) => (search.id === id ? { ...search, nearest } : search)));
    }
  }

  forget(id: string): void {
    if (this.searches.some((search) => search.id === id)) this.#keep(this.searches.filter((item) => item.id !== id));
  }

  clear(): void {
    this.#keep([]);
  }
}

export const recent = new Recent();
