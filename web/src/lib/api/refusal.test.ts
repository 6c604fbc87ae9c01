import { describe, expect, it } from 'vitest';
import { refusalOf, retryAfterSeconds } from './refusal';

describe('a refusal', () => {
  it('carries the code, the detail and the fields of the problem document', () => {
    const body = JSON.stringify({
      code: 'bad_region',
      detail: 'The region is wrong.',
      errors: [{ field: 'region', detail: 'x' }],
    });
    const refusal = refusalOf(422, body, null);
    expect(refusal).toMatchObject({ code: 'bad_region', detail: 'The region is wrong.', status: 422 });
    expect(refusal.fields).toEqual([{ field: 'region', detail: 'x' }]);
  });

  it.each([
    [413, 'too_large'],
    [415, 'unsupported_picture'],
    [429, 'too_many_requests'],
    [502, 'unavailable'],
    [500, 'internal'],
  ])('of a proxy that answers %i in HTML is known by its status', (status, code) => {
    expect(refusalOf(status, '<html>no</html>', null).code).toBe(code);
  });

  it('says when to come back, in seconds or by the clock', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterSeconds('12', now)).toBe(12);
    expect(retryAfterSeconds('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30);
    expect(retryAfterSeconds('soon', now)).toBeNull();
    expect(retryAfterSeconds(null, now)).toBeNull();
  });
});
