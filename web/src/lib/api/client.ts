import type {
  BatchDocument,
  CatalogueRecord,
  CatalogueStatus,
  RecordPage,
  SearchDocument,
  SearchResult,
} from './contract';
import { Refusal, refusalOf } from './refusal';

async function answer(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw Refusal.network();
  });
  if (!response.ok) {
    throw refusalOf(response.status, await response.text().catch(() => ''), response.headers.get('Retry-After'));
  }
  return response;
}

async function document<T>(url: string, signal?: AbortSignal): Promise<T> {
  const response = await answer(url, { headers: { Accept: 'application/json' }, ...(signal ? { signal } : {}) });
  return (await response.json()) as T;
}

const path = encodeURIComponent;

export interface RecordQuery {
  readonly q?: string;
  readonly typology?: string;
  readonly museum?: string;
  readonly cursor?: string | null;
}

export function recordsUrl(query: RecordQuery): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return `/api/records?${new URLSearchParams(given)}`;
}

export const api = {
  search: (id: string) => document<SearchDocument>(`/api/searches/${path(id)}`),
  batch: (id: string) => document<BatchDocument>(`/api/batches/${path(id)}`),
  record: (id: number) => document<CatalogueRecord>(`/api/records/${id}`),
  similar: (id: number) => document<SearchResult>(`/api/records/${id}/similar`),
  records: (query: RecordQuery, signal?: AbortSignal) => document<RecordPage>(recordsUrl(query), signal),
  catalogue: () => document<CatalogueStatus>('/api/catalogue'),
  cancel: async (id: string): Promise<void> => {
    await answer(`/api/searches/${path(id)}`, { method: 'DELETE' });
  },
  picture: async (url: string): Promise<Blob> => (await answer(url)).blob(),
};

/** The address of a picture re-encoded to at most ``size`` pixels. */
export function sized(url: string, size: 160 | 320 | 640 | 1280): string {
  return `${url}${url.includes('?') ? '&' : '?'}size=${size}`;
}
