"""Lamps, windows and studios: a key light and the surroundings that everything glossy mirrors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .planes import floats, sampled_along
from .values import Floats

SIZE = 96


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """A lobe of light in the surroundings: where, how wide (degrees), how bright; with a height it is a soft box."""

    azimuth: float
    elevation: float
    width: float
    strength: float
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    height: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Lighting:
    """A set-up. Azimuth 0 is the camera's own, 90 to its right.

    `spread` softens the key's shadow: a share of the object's size.
    """

    name: str
    key_azimuth: float
    key_elevation: float
    key: tuple[float, float, float]
    spread: float
    sky: tuple[float, float, float]
    floor: tuple[float, float, float]
    lamps: tuple[Lamp, ...]


LIGHTINGS = {
    light.name: light
    for light in (
        Lighting(
            name="studio",
            key_azimuth=-38,
            key_elevation=48,
            key=(1.30, 1.27, 1.22),
            spread=0.10,
            sky=(0.34, 0.345, 0.36),
            floor=(0.30, 0.295, 0.29),
            lamps=(
                Lamp(azimuth=-58, elevation=36, width=20, height=30, strength=9.0, colour=(1.0, 0.98, 0.95)),
                Lamp(azimuth=70, elevation=25, width=8, height=46, strength=5.0, colour=(0.93, 0.97, 1.0)),
                Lamp(azimuth=170, elevation=50, width=30, height=16, strength=2.0),
                Lamp(azimuth=-140, elevation=76, width=17, strength=2.4),
            ),
        ),
        Lighting(
            name="gallery",
            key_azimuth=30,
            key_elevation=54,
            key=(1.18, 1.16, 1.13),
            spread=0.14,
            sky=(0.36, 0.365, 0.375),
            floor=(0.33, 0.325, 0.32),
            lamps=(
                Lamp(azimuth=-42, elevation=34, width=9, height=44, strength=7.0),
                Lamp(azimuth=46, elevation=48, width=24, height=14, strength=4.5, colour=(1.0, 0.98, 0.95)),
                Lamp(azimuth=150, elevation=30, width=16, height=30, strength=3.0),
                Lamp(azimuth=140, elevation=76, width=17, strength=2.4),
            ),
        ),
        Lighting(
            name="window",
            key_azimuth=-72,
            key_elevation=34,
            key=(1.25, 1.32, 1.42),
            spread=0.16,
            sky=(0.24, 0.25, 0.27),
            floor=(0.20, 0.19, 0.18),
            lamps=(
                Lamp(azimuth=-80, elevation=28, width=22, height=36, strength=7.5, colour=(0.9, 0.97, 1.1)),
                Lamp(azimuth=110, elevation=20, width=50, height=40, strength=0.5, colour=(1.0, 0.93, 0.85)),
            ),
        ),
        Lighting(
            name="lamp",
            key_azimuth=42,
            key_elevation=52,
            key=(1.62, 1.26, 0.86),
            spread=0.06,
            sky=(0.22, 0.185, 0.145),
            floor=(0.20, 0.165, 0.13),
            lamps=(
                Lamp(azimuth=45, elevation=52, width=9, strength=22.0, colour=(1.1, 0.85, 0.58)),
                Lamp(azimuth=-120, elevation=30, width=40, height=30, strength=0.5, colour=(0.7, 0.8, 1.0)),
            ),
        ),
        Lighting(
            name="flash",
            key_azimuth=9,
            key_elevation=20,
            key=(1.75, 1.78, 1.85),
            spread=0.025,
            sky=(0.20, 0.20, 0.205),
            floor=(0.18, 0.175, 0.17),
            lamps=(
                Lamp(azimuth=8, elevation=18, width=5, strength=60.0),
                Lamp(azimuth=0, elevation=85, width=45, strength=0.8),
            ),
        ),
        Lighting(
            name="overcast",
            key_azimuth=20,
            key_elevation=70,
            key=(0.62, 0.64, 0.67),
            spread=0.3,
            sky=(0.62, 0.645, 0.68),
            floor=(0.36, 0.355, 0.35),
            lamps=(Lamp(azimuth=0, elevation=80, width=50, strength=1.4, colour=(0.95, 0.98, 1.05)),),
        ),
        Lighting(
            name="spot",
            key_azimuth=-20,
            key_elevation=60,
            key=(1.95, 1.78, 1.50),
            spread=0.045,
            sky=(0.13, 0.13, 0.135),
            floor=(0.13, 0.12, 0.11),
            lamps=(
                Lamp(azimuth=-22, elevation=60, width=8, strength=30.0, colour=(1.0, 0.92, 0.8)),
                Lamp(azimuth=80, elevation=20, width=12, height=30, strength=1.6, colour=(0.8, 0.9, 1.1)),
                Lamp(azimuth=-140, elevation=35, width=20, strength=1.5),
            ),
        ),
    )
}


def direction(azimuth: float, elevation: float) -> Floats:
    """Unit vector towards the light, for a camera that stands at -y and looks along +y."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return floats(np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)]))


def _chart(size: int) -> Floats:
    """Directions [size, size, 3] of an equal-area map of the sphere whose middle is -y, the camera's side."""
    axis = (np.arange(size) + 0.5) / size * 2 - 1
    u, v = np.meshgrid(axis, axis)
    radius = np.clip(np.hypot(u, v), 1e-6, 1.0)
    half = np.arcsin(radius)
    sine = np.sin(2 * half) / radius
    return floats(np.stack([u * sine, -np.cos(2 * half), -v * sine], axis=2))


def _surroundings(lighting: Lighting) -> Floats:
    toward = _chart(SIZE)
    up = toward[..., 2]
    blend = 1 / (1 + np.exp(-up * 6))
    light = np.asarray(lighting.floor) * (1 - blend[..., None]) + np.asarray(lighting.sky) * blend[..., None]
    azimuth = np.degrees(np.arctan2(toward[..., 0], -toward[..., 1]))
    elevation = np.degrees(np.arcsin(np.clip(up, -1, 1)))
    for lamp in lighting.lamps:
        if lamp.height:
            across = np.abs((azimuth - lamp.azimuth + 180) % 360 - 180) / lamp.width
            along = np.abs(elevation - lamp.elevation) / lamp.height
            share = 1 / (1 + np.exp(np.clip((np.maximum(across, along) - 1) * 18, -40, 40)))
        else:
            angle = np.degrees(np.arccos(np.clip(toward @ direction(lamp.azimuth, lamp.elevation), -1, 1)))
            share = np.exp(-((angle / lamp.width) ** 2))
        light = light + share[..., None] * np.asarray(lamp.colour) * lamp.strength
    return floats(light)


@lru_cache(maxsize=16)
def surroundings(name: str) -> tuple[Floats, Floats, Floats]:
    """Sharp, rough and diffuse light by direction: what a mirror, brushed metal and plaster see."""
    sharp = _surroundings(LIGHTINGS[name])
    soft = SIZE // 3
    chart = _chart(soft).reshape(-1, 3)
    source = sharp.reshape(soft, 3, soft, 3, 3).mean(axis=(1, 3)).reshape(-1, 3)
    cosine = np.maximum(chart @ chart.T, 0)
    narrow = cosine**14
    rough = narrow @ source / np.maximum(narrow.sum(axis=1, keepdims=True), 1e-6)
    diffuse = cosine @ source / np.maximum(cosine.sum(axis=1, keepdims=True), 1e-6)
    return sharp, floats(rough.reshape(soft, soft, 3)), floats(diffuse.reshape(soft, soft, 3))


def looked_up(chart: Floats, x: Floats, y: Floats, z: Floats) -> Floats:
    """The light [n, 3] from the directions."""
    half = np.float32(chart.shape[0] / 2)
    scale = half / np.sqrt(np.maximum(2 - 2 * y, np.float32(1e-4)))
    middle = half - np.float32(0.5)
    return sampled_along(chart, x * scale + middle, middle - z * scale)
