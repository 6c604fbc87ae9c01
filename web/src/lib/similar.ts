/** What a result says of the nearest objects: that they are similar, or merely the nearest there are. */
import type { SearchResult } from './api/contract';
import { textOf } from './recordText';

type Nearest = Pick<SearchResult, 'matches' | 'nothing_similar'>;

/** An empty list is not similar to anything either, but says only that the limits leave nothing. */
export function isDistant({ matches, nothing_similar }: Nearest): boolean {
  return nothing_similar && matches.length > 0;
}

/** What a search may be remembered by; empty where that would name an object which it did not show. */
export function nameOfNearest(result: Nearest | null, language: string): string {
  const nearest = result?.nothing_similar ? undefined : result?.matches[0];
  return nearest ? textOf(nearest.record, 'name', language) : '';
}
