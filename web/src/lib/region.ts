/** Frames on a picture, in fractions of its width and height. Every function keeps the frame within the picture. */
import type { Region } from './api/contract';

export const SMALLEST = 0.05;
export const STEP = 0.02;

export interface Point {
  readonly x: number;
  readonly y: number;
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

export const CENTRE: Region = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

export function between(one: Point, other: Point): Region {
  const [left, right] = [one.x, other.x].map((x) => clamp(x, 0, 1)).sort((a, b) => a - b) as [number, number];
  const [top, bottom] = [one.y, other.y].map((y) => clamp(y, 0, 1)).sort((a, b) => a - b) as [number, number];
  return within({ x: left, y: top, width: right - left, height: bottom - top });
}

export function within(region: Region): Region {
  const width = clamp(region.width, SMALLEST, 1);
  const height = clamp(region.height, SMALLEST, 1);
  return { x: clamp(region.x, 0, 1 - width), y: clamp(region.y, 0, 1 - height), width, height };
}

export function moved(region: Region, dx: number, dy: number): Region {
  return within({ ...region, x: region.x + dx, y: region.y + dy });
}

/** Moves the right and lower edges. */
export function stretched(region: Region, dx: number, dy: number): Region {
  const width = clamp(region.width + dx, SMALLEST, 1 - region.x);
  const height = clamp(region.height + dy, SMALLEST, 1 - region.y);
  return { ...region, width, height };
}

/** Grows or shrinks around the middle. */
export function scaled(region: Region, factor: number): Region {
  const width = clamp(region.width * factor, SMALLEST, 1);
  const height = clamp(region.height * factor, SMALLEST, 1);
  const x = region.x + (region.width - width) / 2;
  const y = region.y + (region.height - height) / 2;
  return within({ x, y, width, height });
}

export function centredAt(region: Region, point: Point): Region {
  return within({ ...region, x: point.x - region.width / 2, y: point.y - region.height / 2 });
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

/** What a key does to the frame; null where the key means nothing to it. */
export function byKey(region: Region, key: string, shift: boolean): Region | null {
  const arrow = ARROWS[key];
  if (arrow) return shift ? stretched(region, ...arrow) : moved(region, ...arrow);
  if (key === '+' || key === '=') return scaled(region, 1.1);
  if (key === '-') return scaled(region, 1 / 1.1);
  return null;
}

/** Percentages, rounded so that the numbers in the request stay readable. */
export function rounded(region: Region): Region {
  const round = (value: number): number => Math.round(value * 10000) / 10000;
  return { x: round(region.x), y: round(region.y), width: round(region.width), height: round(region.height) };
}
