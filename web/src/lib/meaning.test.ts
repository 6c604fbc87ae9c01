import { describe, expect, it } from 'vitest';
import { meaningMayReturn } from './meaning';

describe('a search by meaning', () => {
  it.each(['unavailable', 'overloaded', 'too_many_requests', 'index_not_ready'])('may return from %s', (code) => {
    expect(meaningMayReturn({ meaning_missing: code })).toBe(true);
  });

  it.each(['no_text_tower', null, undefined])('is not waited for where it is not missed: %s', (code) => {
    expect(meaningMayReturn(code === undefined ? {} : { meaning_missing: code })).toBe(false);
  });
});
