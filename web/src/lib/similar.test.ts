import { describe, expect, it } from 'vitest';
import type { Match } from './api/contract';
import { isDistant, nameOfNearest } from './similar';

const match = { record: { name: 'Чаша', translations: { en: { name: 'Bowl' } } } } as unknown as Match;

describe('the nearest objects', () => {
  it('are distant where nothing is similar, but not where there are none', () => {
    expect(isDistant({ nothing_similar: true, matches: [match] })).toBe(true);
    expect(isDistant({ nothing_similar: true, matches: [] })).toBe(false);
    expect(isDistant({ nothing_similar: false, matches: [match] })).toBe(false);
  });

  it('name their search only where they are similar', () => {
    expect(nameOfNearest({ nothing_similar: false, matches: [match] }, 'en')).toBe('Bowl');
    expect(nameOfNearest({ nothing_similar: true, matches: [match] }, 'en')).toBe('');
    expect(nameOfNearest({ nothing_similar: false, matches: [] }, 'en')).toBe('');
    expect(nameOfNearest(null, 'en')).toBe('');
  });
});
