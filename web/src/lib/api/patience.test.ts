import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { patiently } from './patience';
import { Refusal } from './refusal';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('asking patiently', () => {
  it('goes on until there is an answer', async () => {
    const ask = vi.fn().mockRejectedValueOnce(Refusal.network()).mockResolvedValue('a result');
    const answer = patiently(ask);
    await vi.runAllTimersAsync();
    expect(await answer).toBe('a result');
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('ends with what was said last', async () => {
    const ask = vi.fn().mockRejectedValue(new Refusal('unavailable', '', 503));
    const answer = expect(patiently(ask)).rejects.toMatchObject({ code: 'unavailable' });
    await vi.runAllTimersAsync();
    await answer;
    expect(ask).toHaveBeenCalledTimes(4);
  });

  it('asks once where the answer will stay the same', async () => {
    const ask = vi.fn().mockRejectedValue(new Refusal('not_found', '', 404));
    await expect(patiently(ask)).rejects.toMatchObject({ code: 'not_found' });
    expect(ask).toHaveBeenCalledTimes(1);
  });
});
