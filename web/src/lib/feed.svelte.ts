import { api } from './api/client';
import type { BatchDocument, QueueEvent, SearchSummary, StageEvent } from './api/contract';
import { allEnded, reduce, type BatchProgress, type FeedEvent } from './progress';

const STAGE_EVENTS = ['StageReached', 'SearchCompleted', 'SearchFailed', 'SearchCancelled'];
const REOPEN_AFTER_MS = 3000;

/** The progress of one batch over one stream, however many components watch it. */
class BatchFeed {
  progress = $state.raw<BatchProgress>({});
  searches = $state.raw<readonly SearchSummary[]>([]);
  lost = $state(false);
  ended = $state(false);
  #source: EventSource | null = null;
  #watchers = 0;
  #reopening: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly batch: string) {}

  /** Starts watching; the stream is closed when the last watcher has gone. */
  watch(): () => void {
    this.#watchers += 1;
    this.#attend();
    document.addEventListener('visibilitychange', this.#attend);
    return () => {
      this.#watchers -= 1;
      if (this.#watchers === 0) document.removeEventListener('visibilitychange', this.#attend);
      this.#attend();
    };
  }

  /** A browser opens six connections to a server: tabs that nobody looks at leave them to the others. */
  #attend = (): void => {
    const wanted = this.#watchers > 0 && !this.ended && !document.hidden;
    if (!wanted) this.#close();
    else if (!this.#source) this.#open();
  };

  async load(): Promise<BatchDocument> {
    const batch = await api.batch(this.batch);
    this.searches = batch.searches;
    for (const document of batch.searches) this.#take({ kind: 'document', document });
    return batch;
  }

  #take(event: FeedEvent): void {
    this.progress = reduce(this.progress, event);
    const ids = this.searches.map((search) => search.id);
    if (allEnded(this.progress, ids)) this.#finish();
  }

  #open(): void {
    const source = new EventSource(`/api/batches/${encodeURIComponent(this.batch)}/events`);
    this.#source = source;
    // What was missed before the stream opened, or while it was broken, is in the documents.
    source.onopen = () => {
      this.lost = false;
      this.load().catch(() => undefined);
    };
    source.onerror = () => this.#broken(source);
    for (const name of STAGE_EVENTS) {
      source.addEventListener(name, (event) =>
        this.#take({ kind: 'stage', data: JSON.parse(event.data) as StageEvent }),
      );
    }
    source.addEventListener('QueueMoved', (event) =>
      this.#take({ kind: 'queue', data: JSON.parse(event.data) as QueueEvent }),
    );
    source.addEventListener('BatchFinished', () => {
      this.#finish();
      this.load().catch(() => undefined);
    });
  }

  /** EventSource reconnects by itself after a broken connection, but gives up after an answer that is no stream. */
  #broken(source: EventSource): void {
    if (this.ended) return;
    this.lost = true;
    if (source.readyState !== EventSource.CLOSED) return;
    this.#close();
    this.#reopening = setTimeout(this.#attend, REOPEN_AFTER_MS);
  }

  #finish(): void {
    this.ended = true;
    this.lost = false;
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#reopening);
    this.#source?.close();
    this.#source = null;
  }
}

const feeds = new Map<string, BatchFeed>();

export function feedOf(batch: string): BatchFeed {
  const known = feeds.get(batch);
  if (known) return known;
  const feed = new BatchFeed(batch);
  feeds.set(batch, feed);
  return feed;
}

export type { BatchFeed };
