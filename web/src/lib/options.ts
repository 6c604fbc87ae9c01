/** The limits of a search as the form holds them; an empty string is no limit. */
import type { SearchSummary } from './api/contract';
import type { SearchOptions } from './api/upload';

export interface Limits {
  topK: number;
  typology: string;
  museum: string;
  geometricCheck: boolean;
}

export const NO_LIMITS: Readonly<Limits> = { topK: 10, typology: '', museum: '', geometricCheck: true };

export function limitsOf(search: SearchSummary): Limits {
  return {
    topK: search.top_k,
    typology: search.filters?.typology ?? '',
    museum: search.filters?.museum ?? '',
    geometricCheck: search.geometric_check,
  };
}

/** Whether something of the catalogue was left out of the search. */
export const isNarrowed = ({ filters }: SearchSummary): boolean => Boolean(filters?.typology || filters?.museum);

export function asOptions({ topK, typology, museum, geometricCheck }: Limits): SearchOptions {
  return { topK, filters: { typology, museum }, geometricCheck };
}
