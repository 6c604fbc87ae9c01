/** How far each photograph of a batch is: a pure fold of documents and server-sent events. */
import type { Problem, QueueEvent, SearchSummary, Stage, StageEvent, Status } from './api/contract';

export const STAGES: readonly Stage[] = ['queued', 'decoding', 'embedding', 'searching', 'comparing', 'describing'];

export interface Progress {
  readonly status: Status;
  readonly stage: Stage;
  /** The last sequence seen; a replayed event with this number or a smaller one changes nothing. */
  readonly sequence: number;
  readonly queuePosition: number | null;
  readonly expectedWaitS: number | null;
  readonly problem: Problem | null;
}

export type BatchProgress = Readonly<Record<string, Progress | undefined>>;

export type FeedEvent =
  | { readonly kind: 'document'; readonly document: SearchSummary }
  | { readonly kind: 'stage'; readonly data: StageEvent }
  | { readonly kind: 'queue'; readonly data: QueueEvent };

export function isTerminal(status: Status): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

const FRESH: Progress = {
  status: 'accepted',
  stage: 'queued',
  sequence: -1,
  queuePosition: null,
  expectedWaitS: null,
  problem: null,
};

export function reduce(state: BatchProgress, event: FeedEvent): BatchProgress {
  const id = event.kind === 'document' ? event.document.id : event.data.search_id;
  const before = state[id] ?? FRESH;
  const after = step(before, event);
  return after === before && state[id] ? state : { ...state, [id]: after };
}

function step(before: Progress, event: FeedEvent): Progress {
  if (isTerminal(before.status)) return before;
  if (event.kind === 'document') return fromDocument(before, event.document);
  if (event.kind === 'queue') return fromQueue(before, event.data);
  return fromStage(before, event.data);
}

/** A document carries no sequence and may be older than the last event: it may only move a search forward. */
function fromDocument(before: Progress, document: SearchSummary): Progress {
  const ahead = rank(document.stage) >= rank(before.stage) && document.status !== 'accepted';
  if (!isTerminal(document.status) && !ahead && before.sequence >= 0) return before;
  return {
    ...before,
    status: document.status,
    stage: document.stage,
    queuePosition: document.queue_position ?? before.queuePosition,
    problem: document.error,
  };
}

function fromQueue(before: Progress, data: QueueEvent): Progress {
  if (before.stage !== 'queued') return before;
  return { ...before, queuePosition: data.queue_position, expectedWaitS: data.expected_wait_s };
}

/** A search may go back to an earlier stage: another worker took it over after a crash. */
function fromStage(before: Progress, data: StageEvent): Progress {
  if (data.sequence <= before.sequence) return before;
  const queued = data.stage === 'queued';
  return {
    status: data.status,
    stage: data.stage,
    sequence: data.sequence,
    queuePosition: queued ? before.queuePosition : null,
    expectedWaitS: queued ? before.expectedWaitS : null,
    problem: data.problem,
  };
}

function rank(stage: Stage): number {
  return stage === 'done' ? STAGES.length : STAGES.indexOf(stage);
}

/** The share of the way that lies behind, 0..1. Being in a stage counts as half of it. */
export function fractionOf(progress: Progress): number {
  if (progress.status === 'completed' || progress.stage === 'done') return 1;
  return (rank(progress.stage) + 0.5) / STAGES.length;
}

/** Whether each of these searches has ended; one of which nothing is known yet has not. */
export function allEnded(state: BatchProgress, ids: readonly string[]): boolean {
  return ids.length > 0 && ids.every((id) => isTerminal(state[id]?.status ?? 'accepted'));
}
