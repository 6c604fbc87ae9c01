import { describe, expect, it } from 'vitest';
import type { SearchSummary, Stage, Status } from './api/contract';
import { allEnded, fractionOf, reduce, STAGES, type BatchProgress, type FeedEvent } from './progress';

const document = (status: Status, stage: Stage, queue_position: number | null = null): FeedEvent => ({
  kind: 'document',
  document: { id: 'a', status, stage, queue_position, error: null } as SearchSummary,
});

const reached = (sequence: number, stage: Stage, status: Status = 'running'): FeedEvent => ({
  kind: 'stage',
  data: { search_id: 'a', batch_id: 'b', sequence, stage, status, at: '', problem: null },
});

const moved = (queue_position: number, expected_wait_s: number | null): FeedEvent => ({
  kind: 'queue',
  data: { search_id: 'a', queue_position, expected_wait_s },
});

const after = (...events: FeedEvent[]): BatchProgress => events.reduce(reduce, {});

describe('progress', () => {
  it('follows the stages', () => {
    expect(after(reached(1, 'decoding'), reached(2, 'embedding'))['a']).toMatchObject({
      stage: 'embedding',
      status: 'running',
    });
  });

  it('takes no notice of a replayed event', () => {
    const before = after(reached(1, 'decoding'), reached(2, 'embedding'));
    expect(reduce(before, reached(1, 'decoding'))).toBe(before);
  });

  it('goes back when another worker takes the search over', () => {
    expect(after(reached(4, 'comparing'), reached(5, 'decoding'))['a']?.stage).toBe('decoding');
  });

  it('never leaves an end', () => {
    const ended = after(reached(3, 'done', 'completed'));
    expect(reduce(ended, reached(4, 'decoding'))).toBe(ended);
    expect(reduce(ended, document('running', 'embedding'))).toBe(ended);
  });

  it('is not put back by a document that is older than the last event', () => {
    const before = after(reached(3, 'comparing'));
    expect(reduce(before, document('running', 'decoding'))).toBe(before);
    expect(reduce(before, document('accepted', 'queued'))).toBe(before);
  });

  it('learns an end that was missed from a document', () => {
    expect(after(reached(3, 'comparing'), document('completed', 'done'))['a']?.status).toBe('completed');
  });

  it('knows the place in the queue until the search leaves it', () => {
    const queued = after(document('accepted', 'queued', 4), moved(3, 7.5));
    expect(queued['a']).toMatchObject({ queuePosition: 3, expectedWaitS: 7.5 });
    expect(reduce(queued, reached(1, 'decoding'))['a']).toMatchObject({ queuePosition: null, expectedWaitS: null });
  });

  it('does not put a running search back into the queue', () => {
    const running = after(reached(1, 'decoding'));
    expect(reduce(running, moved(2, 1))).toBe(running);
  });

  it('grows from stage to stage and ends at one', () => {
    const shares = STAGES.map((stage, index) => fractionOf(after(reached(index, stage))['a']!));
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    expect(fractionOf(after(reached(9, 'done', 'completed'))['a']!)).toBe(1);
  });

  it('has ended when every search of the batch has', () => {
    expect(allEnded({}, [])).toBe(false);
    expect(allEnded({}, ['a'])).toBe(false);
    expect(allEnded(after(reached(1, 'decoding')), ['a'])).toBe(false);
    expect(allEnded(after(reached(1, 'queued', 'cancelled')), ['a'])).toBe(true);
  });

  it('has not ended while nothing is known of one search of the batch', () => {
    expect(allEnded(after(document('completed', 'done')), ['a', 'another'])).toBe(false);
  });
});
