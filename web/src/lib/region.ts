/** Frames on a picture, in fractions of its width and height. Every function keeps the frame within the picture. */
import type { Region } from './api/contract';

export const STEP = 0.02;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Size = Pick<Region, 'width' | 'height'>;

/** The smallest frame that can be seen and taken hold of. */
export const SMALLEST: Size = { width: 0.05, height: 0.05 };
/** The server searches no part with fewer pixels a side. */
const FEWEST_PX = 8;
/** Fractions are sent with so many parts of the whole. */
const PARTS = 10_000;

/** The smallest frame on a picture of this size in pixels. */
export function smallestOn({ width, height }: Size): Size {
  const least = (side: number): number => Math.min(1, Math.ceil((FEWEST_PX / side) * PARTS) / PARTS);
  return { width: Math.max(SMALLEST.width, least(width)), height: Math.max(SMALLEST.height, least(height)) };
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

export const CENTRE: Region = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

export function between(one: Point, other: Point, smallest = SMALLEST): Region {
  const [left, right] = [one.x, other.x].map((x) => clamp(x, 0, 1)).sort((a, b) => a - b) as [number, number];
  const [top, bottom] = [one.y, other.y].map((y) => clamp(y, 0, 1)).sort((a, b) => a - b) as [number, number];
  return within({ x: left, y: top, width: right - left, height: bottom - top }, smallest);
}

export function within(region: Region, smallest = SMALLEST): Region {
  const width = clamp(region.width, smallest.width, 1);
  const height = clamp(region.height, smallest.height, 1);
  return { x: clamp(region.x, 0, 1 - width), y: clamp(region.y, 0, 1 - height), width, height };
}

export function moved(region: Region, dx: number, dy: number, smallest = SMALLEST): Region {
  return within({ ...region, x: region.x + dx, y: region.y + dy }, smallest);
}

/** Moves the right and lower edges. */
export function stretched(region: Region, dx: number, dy: number, smallest = SMALLEST): Region {
  const width = Math.min(region.width + dx, 1 - region.x);
  const height = Math.min(region.height + dy, 1 - region.y);
  return within({ ...region, width, height }, smallest);
}

/** Grows or shrinks around the middle. */
export function scaled(region: Region, factor: number, smallest = SMALLEST): Region {
  const width = clamp(region.width * factor, smallest.width, 1);
  const height = clamp(region.height * factor, smallest.height, 1);
  const x = region.x + (region.width - width) / 2;
  const y = region.y + (region.height - height) / 2;
  return within({ x, y, width, height }, smallest);
}

export function centredAt(region: Region, point: Point, smallest = SMALLEST): Region {
  return within({ ...region, x: point.x - region.width / 2, y: point.y - region.height / 2 }, smallest);
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

/** What a key does to the frame; null where the key means nothing to it. */
export function byKey(region: Region, key: string, shift: boolean, smallest = SMALLEST): Region | null {
  const arrow = ARROWS[key];
  if (arrow) return shift ? stretched(region, ...arrow, smallest) : moved(region, ...arrow, smallest);
  if (key === '+' || key === '=') return scaled(region, 1.1, smallest);
  if (key === '-') return scaled(region, 1 / 1.1, smallest);
  return null;
}

/** Percentages, rounded so that the numbers in the request stay readable. */
export function rounded(region: Region): Region {
  const round = (value: number): number => Math.round(value * PARTS) / PARTS;
  return { x: round(region.x), y: round(region.y), width: round(region.width), height: round(region.height) };
}
