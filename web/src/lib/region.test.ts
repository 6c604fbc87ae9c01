import { describe, expect, it } from 'vitest';
import type { Region } from './api/contract';
import { between, byKey, CENTRE, centredAt, moved, rounded, scaled, SMALLEST, smallestOn, stretched } from './region';

describe('a frame', () => {
  it('lies between two corners, whichever was first', () => {
    const frame = between({ x: 0.75, y: 0.5 }, { x: 0.25, y: 0.25 });
    expect(frame).toEqual({ x: 0.25, y: 0.25, width: 0.5, height: 0.25 });
  });

  it('never leaves the picture', () => {
    for (const frame of [
      moved(CENTRE, 3, -3),
      stretched(CENTRE, 3, 3),
      scaled(CENTRE, 9),
      centredAt(CENTRE, { x: 1, y: 0 }),
      between({ x: -1, y: -1 }, { x: 2, y: 2 }),
    ]) {
      expect(frame.x).toBeGreaterThanOrEqual(0);
      expect(frame.y).toBeGreaterThanOrEqual(0);
      expect(frame.x + frame.width).toBeLessThanOrEqual(1);
      expect(frame.y + frame.height).toBeLessThanOrEqual(1);
    }
  });

  it('never becomes too small to see', () => {
    expect(stretched(CENTRE, -1, -1)).toMatchObject(SMALLEST);
  });

  it('never holds less of the photograph than the server searches', () => {
    const photograph = { width: 97, height: 4000 };
    const smallest = smallestOn(photograph);
    for (const frame of [
      between({ x: 0.9, y: 0.9 }, { x: 0.91, y: 0.91 }, smallest),
      stretched(CENTRE, -1, -1, smallest),
      scaled(CENTRE, 0.01, smallest),
      Array.from({ length: 40 }).reduce<Region>((region) => byKey(region, '-', false, smallest)!, CENTRE),
    ]) {
      expect(rounded(frame).width * photograph.width).toBeGreaterThanOrEqual(8);
      expect(frame.height).toBe(SMALLEST.height);
    }
    expect(smallestOn({ width: 4, height: 4 })).toEqual({ width: 1, height: 1 });
  });

  it('is moved by arrows and resized with Shift', () => {
    expect(rounded(byKey(CENTRE, 'ArrowLeft', false)!)).toMatchObject({ x: 0.23, width: 0.5 });
    expect(rounded(byKey(CENTRE, 'ArrowRight', true)!)).toMatchObject({ x: 0.25, width: 0.52 });
    expect(byKey(CENTRE, 'a', false)).toBeNull();
  });
});
