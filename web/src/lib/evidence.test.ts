import { describe, expect, it } from 'vitest';
import { linesOf, nearest, spread } from './evidence';

const query = { left: 0, top: 0, width: 100, height: 200 };
const match = { left: 300, top: 50, width: 50, height: 50 };

describe('points that agree', () => {
  it('are drawn where they lie on the two pictures', () => {
    expect(linesOf([[0.5, 0.25, 0, 1]], query, match)).toEqual([{ x1: 50, y1: 50, x2: 300, y2: 100 }]);
  });

  it('are thinned out evenly', () => {
    const many = Array.from({ length: 200 }, (_, index) => index);
    const few = spread(many, 50);
    expect(few).toHaveLength(50);
    expect(few[49]).toBe(196);
    expect(spread([1, 2], 50)).toEqual([1, 2]);
  });

  it('are found by either end', () => {
    const lines = linesOf(
      [
        [0, 0, 0, 0],
        [1, 1, 1, 1],
      ],
      query,
      match,
    );
    expect(nearest(lines, 349, 101, 10)).toBe(1);
    expect(nearest(lines, 2, 2, 10)).toBe(0);
    expect(nearest(lines, 200, 20, 10)).toBeNull();
  });
});
