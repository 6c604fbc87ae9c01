"""A camera that stands towards -y, looks at the object and frames it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .planes import floats
from .values import Floats

LONG_SIDE = 800
ASPECTS = (0.667, 0.75, 0.8, 1.0, 1.25, 1.333, 1.5)


@dataclass(frozen=True, kw_only=True)
class Framing:
    """Where the camera stands and what it crops. `distance` is in object radii; shifts are shares of the frame."""

    elevation: float
    distance: float = 7.0
    roll: float = 0.0
    fill: float = 0.8
    shift_x: float = 0.0
    shift_y: float = 0.0
    aspect: float | None = None


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pinhole: position, the rows right, down and forward, focal length and principal point in pixels."""

    position: Floats
    axes: Floats
    focal: float
    centre_x: float
    centre_y: float
    width: int
    height: int

    def project(self, points: Floats) -> Floats:
        """Points [n, 3] to (x, y, nearness); nearness is one over the depth."""
        seen = (points - self.position) @ self.axes.T
        nearness = 1 / seen[:, 2]
        return floats(
            np.stack(
                [
                    seen[:, 0] * nearness * self.focal + self.centre_x,
                    seen[:, 1] * nearness * self.focal + self.centre_y,
                    nearness,
                ],
                1,
            )
        )

    def rays(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """World directions through the pixel coordinates, of unit length along the view axis."""
        u, v = (
            (x - np.float32(self.centre_x)) / np.float32(self.focal),
            (y - np.float32(self.centre_y)) / np.float32(self.focal),
        )
        r, d, f = self.axes
        return u * r[0] + v * d[0] + f[0], u * r[1] + v * d[1] + f[1], u * r[2] + v * d[2] + f[2]

    def scaled(self, by: float) -> Camera:
        """The same view on a finer or coarser grid."""
        return Camera(
            position=self.position,
            axes=self.axes,
            focal=self.focal * by,
            centre_x=self.centre_x * by,
            centre_y=self.centre_y * by,
            width=round(self.width * by),
            height=round(self.height * by),
        )


def framed(points: Floats, framing: Framing, long_side: int = LONG_SIDE) -> Camera:
    """The camera that sees all points [n, 3] at the wanted fill of the frame."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    radius = float(np.linalg.norm(points - middle, axis=1).max())
    angle = np.radians(framing.elevation)
    forward = np.array([0.0, np.cos(angle), -np.sin(angle)])
    right = np.array([1.0, 0.0, 0.0])
    down = np.cross(forward, right)
    c, s = np.cos(np.radians(framing.roll)), np.sin(np.radians(framing.roll))
    axes = floats(np.stack([c * right + s * down, c * down - s * right, forward]))
    position = floats(middle - forward * radius * framing.distance)
    seen = (points - position) @ axes.T
    u, v = seen[:, 0] / seen[:, 2], seen[:, 1] / seen[:, 2]
    span_u, span_v = float(np.ptp(u)), float(np.ptp(v))
    aspect = framing.aspect or _fitting_aspect(span_u / span_v)
    width, height = (long_side, round(long_side / aspect)) if aspect >= 1 else (round(long_side * aspect), long_side)
    focal = framing.fill * min(width / span_u, height / span_v)
    return Camera(
        position=position,
        axes=axes,
        focal=focal,
        centre_x=width * (0.5 + framing.shift_x) - focal * float(u.min() + u.max()) / 2,
        centre_y=height * (0.5 + framing.shift_y) - focal * float(v.min() + v.max()) / 2,
        width=width,
        height=height,
    )


def _fitting_aspect(wanted: float) -> float:
    return min(ASPECTS, key=lambda aspect: abs(np.log(aspect / max(min(wanted, 2.2), 0.45))))
