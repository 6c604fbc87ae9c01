"""One exposure: the object on its ground under its light, as linear light [h, w, 3]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import light, meshes, shading, shadows
from .camera import Camera, Framing, framed
from .grounds import Ground, mean_colour, texture
from .planes import floats, linear, resized, sampled_along, smoothstep
from .raster import Coverage, cover, facing, planes_over_faces
from .surface import Surface
from .values import Floats, Ints, Stance

# The object is drawn on a grid so much finer than the photograph, and averaged down.
FINER = 1.4
CHUNK = 16384


@dataclass(frozen=True, kw_only=True)
class Shot:
    """How one photograph is taken. `turn` rotates the object about z before the camera."""

    framing: Framing
    lighting: str
    ground: Ground
    turn: float = 0.0
    key_turn: float = 0.0
    ground_shift: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """All surfaces in one list of triangles, and where each surface's faces end."""

    vertices: Floats
    faces: Ints
    owner: Ints
    grid: Floats
    two_sided: Ints


def exposed(surfaces: tuple[Surface, ...], stance: Stance, shot: Shot) -> Floats:
    turn = meshes.rotation("z", shot.turn)
    mesh = _joined(surfaces, turn)
    camera = framed(mesh.vertices, shot.framing)
    lit = _lit(stance, shot)
    radius = float(np.linalg.norm(np.ptp(mesh.vertices, axis=0))) / 2
    shadow = shadows.shadow_map(mesh.vertices, mesh.faces, lit.toward, lit.lighting.spread)
    stage = Stage(mesh=mesh, turn=turn, lit=lit, shadow=shadow, radius=radius)
    figure = resized(_object(surfaces, stage, camera.scaled(FINER)), camera.width, camera.height)
    return _over_ground(figure, camera, shot, stage)


def _joined(surfaces: tuple[Surface, ...], turn: Floats) -> Mesh:
    starts = np.cumsum([0] + [len(s.vertices) for s in surfaces[:-1]])
    return Mesh(
        vertices=floats(np.concatenate([s.vertices for s in surfaces]) @ turn.T),
        faces=np.concatenate([s.faces + start for s, start in zip(surfaces, starts, strict=True)]),
        owner=np.concatenate([np.full(len(s.faces), k) for k, s in enumerate(surfaces)]),
        grid=np.concatenate([s.grid for s in surfaces]),
        two_sided=np.concatenate([np.full(len(s.faces), int(s.two_sided)) for s in surfaces]),
    )


def _lit(stance: Stance, shot: Shot) -> shading.Lit:
    lighting = light.LIGHTINGS[shot.lighting]
    azimuth, elevation = lighting.key_azimuth + shot.key_turn, lighting.key_elevation
    if stance is Stance.STANDING:
        toward = light.direction(azimuth, elevation)
    else:
        # Flat things are lit from above their upper edge or from a side, at a rake that shows their surface.
        toward = light.direction(
            180 + azimuth * (0.8 if stance is Stance.HANGING else 1.0), min(max(elevation, 38), 62)
        )
    return shading.Lit(toward=toward, key=floats(np.asarray(lighting.key)), lighting=lighting)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What every pixel of one exposure shares."""

    mesh: Mesh
    turn: Floats
    lit: shading.Lit
    shadow: shadows.ShadowMap
    radius: float


def _object(surfaces: tuple[Surface, ...], stage: Stage, camera: Camera) -> Floats:
    """Colour times coverage, and coverage, [h, w, 4] at the finer grid: solid surfaces, then cut-out ones."""
    mesh, width, height = stage.mesh, camera.width, camera.height
    out = np.zeros((width * height, 4), np.float32)
    nearest = np.full(width * height, -np.inf, np.float32)
    cut_out = np.array([surface.finish.opacity is not None or surface.finish.clarity > 0 for surface in surfaces])
    corners = camera.project(mesh.vertices)[mesh.faces]
    area = facing(corners)
    # Outward faces are counter-clockwise in the world, and the picture's y points down.
    visible = (area < -1e-3) | ((np.abs(area) > 1e-3) & (mesh.two_sided == 1))
    for layer in (False, True):
        kept = np.flatnonzero(visible & (cut_out[mesh.owner] == layer))
        if len(kept) == 0:
            continue
        found = cover(floats(corners[kept]), width, height)
        front = found.nearness >= nearest[found.pixel]
        found = Coverage(pixel=found.pixel[front], face=kept[found.face[front]], nearness=found.nearness[front])
        if not layer:
            nearest[found.pixel] = found.nearness
        _painted(out, surfaces, stage, camera, found, corners)
    return out.reshape(height, width, 4)


def _painted(
    out: Floats, surfaces: tuple[Surface, ...], stage: Stage, camera: Camera, found: Coverage, corners: Floats
) -> None:
    """Lays the found pixels over `out`, piece by piece: pieces stay in the processor's cache, the whole would not."""
    mesh = stage.mesh
    used, face = np.unique(found.face, return_inverse=True)
    flat = floats(corners[used])
    grid = mesh.grid[mesh.faces[used]] * flat[..., 2:]
    planes = np.stack([planes_over_faces(flat[..., :2], floats(grid[..., k])) for k in (0, 1)], axis=1)
    openness = _openness(found, camera, stage.radius)
    owner = mesh.owner[found.face]
    for k, surface in enumerate(surfaces):
        mine = np.flatnonzero(owner == k)
        for start in range(0, len(mine), CHUNK):
            piece = mine[start : start + CHUNK]
            pixel = found.pixel[piece]
            patch = _patch(surface, stage, camera, pixel, found.nearness[piece], planes[face[piece]], openness[piece])
            out[pixel] = patch + out[pixel] * (1 - patch[:, 3:])


def _patch(
    surface: Surface, stage: Stage, camera: Camera, pixel: Ints, nearness: Floats, planes: Floats, openness: Floats
) -> Floats:
    """Colour times coverage, and coverage, [n, 4] of one surface's pixels; `planes` hold grid coordinates."""
    row, column = np.divmod(pixel, camera.width)
    x, y = floats(column) + np.float32(0.5), floats(row) + np.float32(0.5)
    depth = 1 / nearness
    u, v = (np.clip((planes[:, k, 0] * x + planes[:, k, 1] * y + planes[:, k, 2]) * depth, 0, 1) for k in (0, 1))
    rays = camera.rays(x, y)
    px, py, pz = (ray * depth + camera.position[k] for k, ray in enumerate(rays))
    length = -1 / np.sqrt(rays[0] ** 2 + rays[1] ** 2 + rays[2] ** 2)
    to_camera = np.stack([ray * length for ray in rays], axis=1)
    # The object's foot gets less light from below the nearer it is to the ground.
    openness = openness * (np.float32(0.72) + np.float32(0.28) * np.clip(pz / np.float32(stage.radius * 0.5), 0, 1))
    where = shading.Samples(u=u, v=v, to_camera=to_camera, openness=openness)
    normal = shading.normals(surface, where, stage.turn)
    lift = np.float32(stage.radius * 0.012)
    reached = stage.shadow.lit(px + normal[:, 0] * lift, py + normal[:, 1] * lift, pz + normal[:, 2] * lift)
    out = np.ones((len(pixel), 4), np.float32)
    out[:, :3] = shading.shade(surface, where, normal, reached, stage.lit)
    if surface.finish.clarity:
        # Looked at squarely one sees through; the rim and the glints stay.
        body = 1 - np.float32(0.62 * surface.finish.clarity) * np.square(np.maximum(shading.dot(normal, to_camera), 0))
        out[:, :3] *= (np.float32(0.35) + np.float32(0.65) * body)[:, None]
        out[:, 3] = body
    share = shading.opacity(surface, where)
    if share is not None:
        out *= smoothstep(share, 0.4, 0.6)[:, None]
    return out


def _openness(found: Coverage, camera: Camera, radius: float) -> Floats:
    pixel, depth = found.pixel, 1 / found.nearness
    flat_depth = np.zeros(camera.width * camera.height, np.float32)
    flat_share = np.zeros_like(flat_depth)
    flat_depth[pixel], flat_share[pixel] = depth, 1
    shape = (camera.height, camera.width)
    px_per_unit = camera.focal / float(np.median(depth)) if len(depth) else 1.0
    small = shadows.hollows(flat_depth.reshape(shape), flat_share.reshape(shape), radius * px_per_unit, radius)
    whole = resized(small, camera.width, camera.height, smooth=False)
    return whole.reshape(-1)[pixel]


def _over_ground(figure: Floats, camera: Camera, shot: Shot, stage: Stage) -> Floats:
    """The figure [h, w, 4] laid over its ground, [h, w, 3]; the ground is drawn only where it shows."""
    out = figure.reshape(-1, 4)
    shade = shadows.ground_shade(stage.mesh.vertices, stage.mesh.faces, stage.radius)
    bare = np.flatnonzero(out[:, 3] < 0.998)
    for start in range(0, len(bare), CHUNK):
        pixel = bare[start : start + CHUNK]
        row, column = np.divmod(pixel, camera.width)
        colour = _ground(camera, shot, stage, shade, floats(column) + np.float32(0.5), floats(row) + np.float32(0.5))
        out[pixel, :3] += colour * (1 - out[pixel, 3:])
    return np.ascontiguousarray(out[:, :3].reshape(figure.shape[0], figure.shape[1], 3))


def _ground(camera: Camera, shot: Shot, stage: Stage, closed: shadows.GroundShade, x: Floats, y: Floats) -> Floats:
    """Light [n, 3] from the ground, and from what is behind it, at the pixels."""
    radius, lit = stage.radius, stage.lit
    ray_x, ray_y, ray_z = camera.rays(x, y)
    far = float(stage.mesh.vertices[:, 1].max()) + radius * (3.2 if shot.ground.backdrop is None else 6.0)
    to_ground = np.where(ray_z < -1e-4, -camera.position[2] / np.minimum(ray_z, np.float32(-1e-4)), np.float32(1e6))
    to_wall = (far - camera.position[1]) / np.maximum(ray_y, np.float32(1e-4))
    walled = to_wall < to_ground
    reach = np.minimum(to_ground, to_wall)
    px, py, pz = (floats(ray * reach + camera.position[k]) for k, ray in enumerate((ray_x, ray_y, ray_z)))
    tile = texture(shot.ground.name)
    step = np.float32(tile.shape[0] / (shot.ground.tile * 2 * radius))
    along = np.where(walled, py + pz, py)
    offset = np.float32(shot.ground_shift * tile.shape[0])
    colour = linear(sampled_along(tile, px * step + offset, along * step + offset, wrap=True))
    # Far away the pattern falls out of focus and leaves its mean.
    blurred = smoothstep(reach, stage.radius * 7, stage.radius * 14)[:, None]
    colour = colour + (mean_colour(shot.ground.name) - colour) * blurred
    if shot.ground.backdrop is not None:
        # What is behind is out of focus: the edge of the table melts into it.
        edge = smoothstep(floats(py + pz * 4), far - radius * 1.5, far + radius * 0.2)
        behind = floats(np.asarray(shot.ground.backdrop)) ** np.float32(2.2)
        colour = colour + (behind - colour) * edge[..., None]
        bend = smoothstep(pz, 0.0, radius * 0.8)
    else:
        bend = smoothstep(floats(py + pz), far - radius * 2.2, far + radius * 2.2)
    reached = np.where(walled, np.float32(1), stage.shadow.lit(px, py, np.zeros_like(px)))
    openness = np.where(walled, np.float32(1), closed.at(px, py))
    upright = np.float32(max(lit.toward[2], 0.0))
    wall = np.float32(max(-lit.toward[1], 0.0) * 0.75 + 0.15)
    lambert = upright + (wall - upright) * bend
    pool = np.exp(-((np.square(px) + np.square(py * np.float32(0.8))) / np.float32((radius * 7.0) ** 2)))
    one = np.ones(1, np.float32)
    ambient = light.looked_up(light.surroundings(lit.lighting.name)[2], one * 0, one * 0, one)[0]
    shine = (reached * lambert * (np.float32(0.45) + np.float32(0.55) * pool))[..., None] * lit.key
    return floats(colour * (shine + openness[..., None] * ambient))
