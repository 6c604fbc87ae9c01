/** Where the points that agree lie on the screen. */
import type { AgreeingPoint } from './api/contract';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** At most ``limit`` of the points, taken evenly, so that two hundred lines do not cover the pictures. */
export function spread<Item>(items: readonly Item[], limit: number): readonly Item[] {
  if (items.length <= limit) return items;
  const step = items.length / limit;
  return Array.from({ length: limit }, (_, index) => items[Math.floor(index * step)] as Item);
}

export function linesOf(points: readonly AgreeingPoint[], query: Box, match: Box): readonly Line[] {
  return points.map(([qx, qy, mx, my]) => ({
    x1: query.left + qx * query.width,
    y1: query.top + qy * query.height,
    x2: match.left + mx * match.width,
    y2: match.top + my * match.height,
  }));
}

/** The number of the line that ends nearest to a place, or null when none ends within ``reach`` pixels. */
export function nearest(lines: readonly Line[], x: number, y: number, reach: number): number | null {
  let best: number | null = null;
  let least = reach;
  lines.forEach((line, index) => {
    const away = Math.min(Math.hypot(line.x1 - x, line.y1 - y), Math.hypot(line.x2 - x, line.y2 - y));
    if (away <= least) [best, least] = [index, away];
  });
  return best;
}
