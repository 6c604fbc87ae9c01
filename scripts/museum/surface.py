"""Parts made ready for the camera once an object: triangles, and normals with the relief pressed into them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .planes import blur, floats, slopes, stretched
from .values import Finish, Floats, Ints, Part


@dataclass(frozen=True, kw_only=True)
class Surface:
    """One part, baked: vertices [n, 3], faces [m, 3], grid coordinates [n, 2] in 0..1, and its normals [h, w, 3]."""

    vertices: Floats
    faces: Ints
    grid: Floats
    normals: Floats
    finish: Finish
    two_sided: bool
    faceted: bool


def baked(part: Part) -> Surface:
    points = part.points
    rows, columns = points.shape[:2]
    y, x = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    if part.normals is not None:
        normals = part.normals
    elif part.faceted:
        normals = _facet_normals(points)
    else:
        normals = _normals(part)
        if part.finish.height is not None:
            normals = _embossed(points, normals, part.finish.height, part.closed)
    return Surface(
        vertices=points.reshape(-1, 3),
        faces=_faces(part),
        grid=floats(np.stack([x, y], 2).reshape(-1, 2)),
        normals=normals,
        finish=part.finish,
        two_sided=part.two_sided,
        faceted=part.faceted,
    )


def _faces(part: Part) -> Ints:
    rows, columns = part.points.shape[:2]
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    if part.rows_per_piece:
        within = np.arange(rows - 1) % part.rows_per_piece != part.rows_per_piece - 1
        a, b, c, d = a[within], b[within], c[within], d[within]
    faces = np.concatenate([np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)])
    flat = part.points.reshape(-1, 3)[faces]
    size = np.linalg.norm(np.cross(flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]), axis=1)
    kept = size > 1e-9
    if part.finish.opacity is not None:
        # Where nothing is left there is nothing to cast a shadow either.
        there = stretched(blur(part.finish.opacity, part.finish.opacity.shape[1] / columns / 2), columns, rows).reshape(
            -1
        )[faces]
        kept &= there.max(axis=1) > 0.02
    return np.asarray(faces[kept])


def _unit(vectors: Floats) -> Floats:
    return floats(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


def _facet_normals(points: Floats) -> Floats:
    return _unit(np.cross(points[1:, :-1] - points[:-1, 1:], points[1:, 1:] - points[:-1, :-1]))


def _normals(part: Part) -> Floats:
    pieces = part.points.reshape(-1, part.rows_per_piece or part.points.shape[0], *part.points.shape[1:])
    return floats(np.concatenate([smooth_normals(piece, part.closed) for piece in pieces]))


def smooth_normals(points: Floats, closed: bool) -> Floats:
    quads = np.cross(points[1:, :-1] - points[:-1, 1:], points[1:, 1:] - points[:-1, :-1])
    # A quad speaks by its direction more than by its size, or else a long thin one bends its neighbours.
    quads = quads / np.maximum(np.linalg.norm(quads, axis=-1, keepdims=True), 1e-12) ** 0.7
    total = np.zeros_like(points)
    for rows in (slice(0, -1), slice(1, None)):
        for columns in (slice(0, -1), slice(1, None)):
            total[rows, columns] += quads
    if closed:
        total[:, 0] = total[:, -1] = total[:, 0] + total[:, -1]
    for pole in (0, -1):
        if np.ptp(points[pole], axis=0).max() < 1e-5:
            total[pole] = total[pole].sum(axis=0)
    return _unit(total)


def _embossed(points: Floats, normals: Floats, height: Floats, closed: bool) -> Floats:
    """Normals at the resolution of the relief; one pixel of it is as wide as the grid says it is there."""
    tall, wide = height.shape[:2]
    along_u, along_v = np.gradient(points, axis=1), np.gradient(points, axis=0)
    along_u *= np.float32((points.shape[1] - 1) / (wide - 1))
    along_v *= np.float32((points.shape[0] - 1) / (tall - 1))
    floor = np.float32(1e-2) * np.abs(along_u).max() * np.abs(along_v).max()
    dual_u = along_u / np.maximum((along_u**2).sum(-1, keepdims=True), floor)
    dual_v = along_v / np.maximum((along_v**2).sum(-1, keepdims=True), floor)
    fine = stretched(floats(np.concatenate([normals, dual_u, dual_v], axis=2))[..., :4].copy(), wide, tall)
    rest = stretched(floats(np.concatenate([normals, dual_u, dual_v], axis=2))[..., 4:8].copy(), wide, tall)
    last = stretched(floats(dual_v[..., 2]), wide, tall)
    slope_u, slope_v = slopes(height, wrap=closed)
    bent = np.stack(
        [
            fine[..., 0] - slope_u * fine[..., 3] - slope_v * rest[..., 2],
            fine[..., 1] - slope_u * rest[..., 0] - slope_v * rest[..., 3],
            fine[..., 2] - slope_u * rest[..., 1] - slope_v * last,
        ],
        axis=2,
    )
    return _unit(bent)
