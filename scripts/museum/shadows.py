"""Shadows: what the key light does not reach, and how closed the air is under and beside the object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .planes import blur, clamp, floats, sampled_along
from .raster import cover, facing
from .values import Floats, Ints

SIZE = 256


@dataclass(frozen=True, kw_only=True)
class ShadowMap:
    """Mean and mean square of the nearest depth towards the light: a variance shadow map."""

    across: Floats
    upward: Floats
    toward: Floats
    low: Floats
    scale: float
    moments: Floats
    margin: float

    def lit(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """The share of the key light that arrives at the points; [n]."""
        u = (x * self.across[0] + y * self.across[1] + z * self.across[2] - self.low[0]) * self.scale + self.margin
        v = (x * self.upward[0] + y * self.upward[1] + z * self.upward[2] - self.low[1]) * self.scale + self.margin
        depth = x * self.toward[0] + y * self.toward[1] + z * self.toward[2] - self.low[2]
        found = sampled_along(self.moments, floats(u), floats(v))
        mean, square, blocked = found[..., 0], found[..., 1], found[..., 2]
        # Where the map is partly empty its mean is over the covered share only.
        share = np.maximum(blocked, np.float32(1e-4))
        mean, square = mean / share, square / share
        behind = mean - depth
        variance = np.maximum(square - mean**2, np.float32((1.2 / self.scale) ** 2))
        reached = variance / (variance + np.maximum(behind - np.float32(1.5 / self.scale), 0) ** 2)
        reached = clamp((reached - np.float32(0.2)) / np.float32(0.8))
        return floats(1 - blocked * (1 - reached))


def shadow_map(vertices: Floats, faces: Ints, toward: Floats, spread: float) -> ShadowMap:
    """`spread` is the blur as a share of the object's size."""
    across = np.cross([0.0, 0.0, 1.0], toward) if abs(toward[2]) < 0.98 else np.array([1.0, 0.0, 0.0])
    across = floats(across / np.linalg.norm(across))
    upward = floats(np.cross(toward, across))
    seen = np.stack([vertices @ across, vertices @ upward, vertices @ toward], axis=1)
    low = seen.min(axis=0)
    margin = SIZE * (0.06 + spread)
    scale = (SIZE - 2 * margin) / float(np.ptp(seen[:, :2], axis=0).max() + 1e-6)
    seen = (seen - low) * floats(np.array([scale, scale, 1.0])) + floats(np.array([margin, margin, 0.0]))
    corners = floats(seen[faces])
    found = cover(corners[np.abs(facing(corners)) > 1e-4], SIZE, SIZE)
    moments = np.zeros((SIZE * SIZE, 3), np.float32)
    moments[found.pixel] = np.stack([found.nearness, found.nearness**2, np.ones_like(found.nearness)], axis=1)
    soft = blur(moments.reshape(SIZE, SIZE, 3), 0.8 + SIZE * spread * 0.28)
    return ShadowMap(
        across=across, upward=upward, toward=floats(toward), low=floats(low), scale=scale, moments=soft, margin=margin
    )


@dataclass(frozen=True, kw_only=True)
class GroundShade:
    """Ambient light lost on the ground around and under the object."""

    low: Floats
    scale: float
    margin: float
    openness: Floats

    def at(self, x: Floats, y: Floats) -> Floats:
        u = (x - self.low[0]) * np.float32(self.scale) + np.float32(self.margin)
        v = (y - self.low[1]) * np.float32(self.scale) + np.float32(self.margin)
        return sampled_along(self.openness, floats(u), floats(v))


def ground_shade(vertices: Floats, faces: Ints, radius: float) -> GroundShade:
    """From the height of the object's underside: near the ground it darkens sharply, high above it broadly."""
    size = 128
    low = vertices[:, :2].min(axis=0)
    margin = size * 0.22
    scale = (size - 2 * margin) / float(np.ptp(vertices[:, :2], axis=0).max() + 1e-6)
    seen = np.concatenate([(vertices[:, :2] - low) * np.float32(scale) + np.float32(margin), -vertices[:, 2:3]], axis=1)
    corners = floats(seen[faces])
    found = cover(corners[np.abs(facing(corners)) > 1e-4], size, size)
    lowest = np.full(size * size, 1e3, np.float32)
    lowest[found.pixel] = -found.nearness
    height = lowest.reshape(size, size)
    openness = np.ones((size, size), np.float32)
    thickness = float(vertices[:, 2].max())
    for reach, weight in ((0.03, 0.45), (0.12, 0.40), (0.45, 0.35)):
        # A thin sheet shuts out less of the sky from the ground beside it than a tall pot.
        weight *= min(1.0, 0.12 + thickness / (1.6 * radius * reach))
        closed = np.exp(-np.maximum(height, 0) / np.float32(radius * reach))
        openness *= 1 - np.float32(weight) * blur(floats(closed), max(1.0, reach * radius * scale * 0.55))
    return GroundShade(low=floats(low), scale=scale, margin=margin, openness=openness)


def hollows(depth: Floats, covered: Floats, radius_px: float, radius: float) -> Floats:
    """Screen-space openness: what lies behind the mean of its surroundings is in a hollow.

    `depth` is 0 where not covered.
    """
    small = np.ascontiguousarray(depth[::4, ::4])
    share = np.ascontiguousarray(covered[::4, ::4])
    openness = np.ones_like(small)
    for reach, weight in ((0.02, 0.55), (0.07, 0.5), (0.2, 0.35)):
        sigma = max(0.8, radius_px * reach / 4)
        mean = blur(small, sigma) / np.maximum(blur(share, sigma), np.float32(1e-3))
        behind = (small - mean) / np.float32(radius * reach)
        openness *= 1 - np.float32(weight) * clamp(behind * np.float32(0.9) - np.float32(0.06))
    return openness
