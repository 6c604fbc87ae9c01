import { describe, expect, it } from 'vitest';
import { alignmentOf, lensesAt, toMatch, toQuery } from './alignment';
import type { AgreeingPoint } from './api/contract';

const turned = ([x, y]: readonly [number, number]): AgreeingPoint => [
  x,
  y,
  0.5 * x - 0.2 * y + 0.3,
  0.2 * x + 0.5 * y + 0.1,
];
const places: (readonly [number, number])[] = [
  [0.1, 0.1],
  [0.9, 0.2],
  [0.4, 0.8],
  [0.7, 0.6],
  [0.2, 0.5],
];

describe('an alignment', () => {
  it('is found from points that agree', () => {
    const alignment = alignmentOf(places.map(turned))!;
    expect(toMatch(alignment, { x: 0.5, y: 0.5 }).x).toBeCloseTo(0.45);
    expect(toMatch(alignment, { x: 0.5, y: 0.5 }).y).toBeCloseTo(0.45);
    const back = toQuery(alignment, toMatch(alignment, { x: 0.3, y: 0.8 }));
    expect(back.x).toBeCloseTo(0.3);
    expect(back.y).toBeCloseTo(0.8);
  });

  it('is not made up from too few points, or from points on one line', () => {
    expect(alignmentOf(places.slice(0, 3).map(turned))).toBeNull();
    const line: AgreeingPoint[] = [0.1, 0.3, 0.5, 0.7].map((x) => [x, x, x, x]);
    expect(alignmentOf(line)).toBeNull();
  });
});

describe('the lenses', () => {
  const query = { left: 0, top: 0, width: 100, height: 100 };
  const match = { left: 200, top: 0, width: 200, height: 200 };
  const same = alignmentOf(places.map(([x, y]) => [x, y, x, y] as const));

  it('show the same detail of both pictures at the same size', () => {
    const [here, there] = lensesAt({ x: 50, y: 25 }, query, match, same);
    expect(here).toEqual({ on: 'query', at: { x: 0.5, y: 0.25 }, zoom: 3 });
    expect(there?.on).toBe('match');
    expect(there?.at.x).toBeCloseTo(0.5);
    expect(there?.zoom).toBeCloseTo(1.5);
  });

  it('are one where the detail lies outside the other picture', () => {
    const shifted = alignmentOf(places.map(([x, y]) => [x, y, x + 0.5, y] as const));
    expect(lensesAt({ x: 25, y: 50 }, query, match, shifted)).toHaveLength(2);
    expect(lensesAt({ x: 75, y: 50 }, query, match, shifted)).toEqual([
      { on: 'query', at: { x: 0.75, y: 0.5 }, zoom: 3 },
    ]);
    expect(lensesAt({ x: 250, y: 100 }, query, match, shifted)).toHaveLength(1);
  });

  it('are one where nothing tells how the pictures lie to each other, and none beside them', () => {
    expect(lensesAt({ x: 300, y: 100 }, query, match, null)).toEqual([
      { on: 'match', at: { x: 0.5, y: 0.5 }, zoom: 3 },
    ]);
    expect(lensesAt({ x: 150, y: 50 }, query, match, same)).toEqual([]);
  });
});
