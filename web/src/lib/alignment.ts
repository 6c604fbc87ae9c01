/** The shift, turn, scale and skew between two pictures, by the points that agree; and the same detail in both. */
import type { AgreeingPoint } from './api/contract';
import type { Box } from './evidence';
import type { Point } from './region';

/** x' = a·x + b·y + c, y' = d·x + e·y + f; all in fractions of the pictures. */
export interface Alignment {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

export interface Lens {
  readonly on: 'query' | 'match';
  readonly at: Point;
  readonly zoom: number;
}

const FEWEST = 4;
const ZOOM = 3;

/** Query to match, by least squares; null when the points are too few or lie on one line. */
export function alignmentOf(points: readonly AgreeingPoint[]): Alignment | null {
  if (points.length < FEWEST) return null;
  const mean = [0, 1, 2, 3].map((axis) => points.reduce((sum, point) => sum + (point[axis] ?? 0), 0) / points.length);
  const [mx = 0, my = 0, nx = 0, ny = 0] = mean;
  let [xx, xy, yy, xu, yu, xv, yv] = [0, 0, 0, 0, 0, 0, 0];
  for (const [qx, qy, tx, ty] of points) {
    const [x, y, u, v] = [qx - mx, qy - my, tx - nx, ty - ny];
    xx += x * x;
    xy += x * y;
    yy += y * y;
    xu += x * u;
    yu += y * u;
    xv += x * v;
    yv += y * v;
  }
  const determinant = xx * yy - xy * xy;
  if (determinant < 1e-9) return null;
  const a = (xu * yy - yu * xy) / determinant;
  const b = (yu * xx - xu * xy) / determinant;
  const d = (xv * yy - yv * xy) / determinant;
  const e = (yv * xx - xv * xy) / determinant;
  return { a, b, c: nx - a * mx - b * my, d, e, f: ny - d * mx - e * my };
}

export function toMatch({ a, b, c, d, e, f }: Alignment, { x, y }: Point): Point {
  return { x: a * x + b * y + c, y: d * x + e * y + f };
}

export function toQuery({ a, b, c, d, e, f }: Alignment, { x, y }: Point): Point {
  const determinant = a * e - b * d;
  const [u, v] = [x - c, y - f];
  return { x: (e * u - b * v) / determinant, y: (a * v - d * u) / determinant };
}

function within({ left, top, width, height }: Box, { x, y }: Point): Point | null {
  const point = { x: (x - left) / width, y: (y - top) / height };
  return onPicture(point) ? point : null;
}

function onPicture({ x, y }: Point): boolean {
  return x >= 0 && x <= 1 && y >= 0 && y <= 1;
}

/** The lens under the pointer, and one on the same detail of the other picture, magnified to the same size. */
export function lensesAt(pointer: Point, query: Box, match: Box, alignment: Alignment | null): readonly Lens[] {
  const onQuery = within(query, pointer);
  const onMatch = onQuery ? null : within(match, pointer);
  const at = onQuery ?? onMatch;
  if (!at) return [];
  const here: Lens = { on: onQuery ? 'query' : 'match', at, zoom: ZOOM };
  const area = alignment ? Math.abs(alignment.a * alignment.e - alignment.b * alignment.d) : 0;
  if (!alignment || area < 1e-6) return [here];
  const scale = Math.sqrt((area * match.width * match.height) / (query.width * query.height));
  const there: Lens = onQuery
    ? { on: 'match', at: toMatch(alignment, at), zoom: ZOOM / scale }
    : { on: 'query', at: toQuery(alignment, at), zoom: ZOOM * scale };
  // The other picture may show less of the object.
  return onPicture(there.at) ? [here, there] : [here];
}
