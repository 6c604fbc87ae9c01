"""The light that leaves each covered pixel: plaster, glaze and metal under a key light and its surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import light
from .planes import floats, linear, sampled_along
from .surface import Surface
from .values import Floats


@dataclass(frozen=True, kw_only=True)
class Lit:
    """The light on a scene: the key's direction and colour and the name of the surroundings."""

    toward: Floats
    key: Floats
    lighting: light.Lighting


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Covered pixels of one surface: grid coordinates, unit vectors to the camera, openness to the air."""

    u: Floats
    v: Floats
    to_camera: Floats
    openness: Floats


def dot(a: Floats, b: Floats) -> Floats:
    """Of rows [n, 3]."""
    return floats(np.einsum("ij,ij->i", a, b))


def opacity(surface: Surface, samples: Samples) -> Floats | None:
    mask = surface.finish.opacity
    return None if mask is None else _at(mask, samples.u, samples.v)


def normals(surface: Surface, samples: Samples, turn: Floats) -> Floats:
    """Unit normals [n, 3] turned by the object's own rotation, facing the camera."""
    found = _at(surface.normals, samples.u, samples.v, facets=surface.faceted) @ turn.T
    found /= (np.sqrt(dot(found, found)) + np.float32(1e-9))[:, None]
    if surface.two_sided:
        found[dot(found, samples.to_camera) < 0] *= -1
    return floats(found)


def shade(surface: Surface, samples: Samples, normal: Floats, reached: Floats, lit: Lit) -> Floats:
    """Linear light [n, 3]; `reached` is the share of the key light that arrives."""
    finish = surface.finish
    albedo = _albedo(surface, samples)
    roughness, metal = _map(finish.roughness, samples), _map(finish.metal, samples)
    view = samples.to_camera
    facing = np.maximum(dot(normal, view), np.float32(0.03))
    sharp_chart, rough_chart, diffuse_chart = light.surroundings(lit.lighting.name)

    lambert = normal @ lit.toward
    if finish.translucency:
        lambert = (lambert + np.float32(finish.translucency)) / np.float32(1 + finish.translucency)
    direct = np.maximum(lambert, 0) * reached
    ambient = light.looked_up(diffuse_chart, normal[:, 0], normal[:, 1], normal[:, 2]) * samples.openness[:, None]
    diffuse = albedo * (ambient + direct[:, None] * lit.key) * (1 - metal)[:, None]

    if finish.clarity:
        diffuse += (_transmitted(samples, normal, albedo, sharp_chart, rough_chart) - diffuse) * np.float32(
            finish.clarity
        )
    mirror = normal * (2 * facing)[:, None] - view
    share = np.clip((roughness - np.float32(0.08)) / np.float32(0.5), 0, 1)[:, None]
    sharp = light.looked_up(sharp_chart, mirror[:, 0], mirror[:, 1], mirror[:, 2])
    rough = light.looked_up(rough_chart, mirror[:, 0], mirror[:, 1], mirror[:, 2])
    wide = sharp + (rough - sharp) * share
    base = np.float32(0.04) + (albedo - np.float32(0.04)) * metal[:, None]
    away = 1 - facing
    grazing = np.square(np.square(away)) * away * np.square(1 - roughness)
    fresnel = base + (1 - base) * grazing[:, None]
    # A rough surface spreads what it mirrors, so less of it reaches the camera.
    damping = samples.openness * (1 - np.float32(0.75) * (1 - metal) * roughness)
    mirrored = wide * fresnel * damping[:, None]
    highlight = _highlight(normal, view, facing, roughness, lit) * reached * np.maximum(lambert, 0)
    return floats(diffuse + mirrored + fresnel * highlight[:, None] * lit.key)


def _transmitted(samples: Samples, normal: Floats, albedo: Floats, sharp: Floats, rough: Floats) -> Floats:
    """Light from behind, bent at the surface and scattered by flaws within."""
    u, v = samples.u, samples.v
    bent = -samples.to_camera - normal * np.float32(0.62)
    bent[:, 0] += np.float32(0.34) * np.sin(u * 57 + v * 91)
    bent[:, 1] *= np.float32(0.75)
    bent[:, 2] += np.float32(0.42) * np.sin(u * 43 - v * 173) + np.float32(0.20)
    bent /= np.sqrt(dot(bent, bent))[:, None]
    seen = light.looked_up(sharp, bent[:, 0], bent[:, 1], bent[:, 2]) * np.float32(0.35)
    seen += light.looked_up(rough, bent[:, 0], bent[:, 1], bent[:, 2]) * np.float32(0.75)
    return floats(albedo * np.minimum(seen, np.float32(3.0)) * samples.openness[:, None] * np.float32(1.5))


def _highlight(normal: Floats, view: Floats, facing: Floats, roughness: Floats, lit: Lit) -> Floats:
    """GGX lobe of the key light, widened by the lamp's own size."""
    half = view + lit.toward
    aligned = np.clip(dot(normal, half) / np.sqrt(dot(half, half)), 0, 1)
    alpha = np.square(np.clip(np.square(roughness) + np.float32(lit.lighting.spread * 0.5), 0.02, 1.0))
    lobe = alpha / (np.float32(np.pi) * np.square(np.square(aligned) * (alpha - 1) + 1))
    return floats(np.minimum(lobe / (4 * np.maximum(facing, np.float32(0.2))), 12.0))


def _albedo(surface: Surface, samples: Samples) -> Floats:
    texture = surface.finish.colour
    height, width = texture.shape[:2]
    if height == width == 1:
        return np.broadcast_to(linear(texture[0, 0]), (len(samples.u), 3))
    return linear(sampled_along(texture, samples.u * np.float32(width - 1), samples.v * np.float32(height - 1)))


def _map(values: Floats | float, samples: Samples) -> Floats:
    if isinstance(values, np.ndarray):
        return _at(values, samples.u, samples.v)
    return np.full(len(samples.u), values, np.float32)


def _at(plane: Floats, u: Floats, v: Floats, facets: bool = False) -> Floats:
    height, width = plane.shape[:2]
    if facets:
        # One value a facet: its index is the whole part of the grid coordinate.
        column = np.minimum((u * np.float32(width)).astype(np.int64), width - 1)
        row = np.minimum((v * np.float32(height)).astype(np.int64), height - 1)
        return floats(plane[row, column])
    return sampled_along(plane, u * np.float32(width - 1), v * np.float32(height - 1))
