"""An exhibit in, its photographs out."""

from __future__ import annotations

from dataclasses import dataclass

from . import lens, scene, views
from .surface import Surface, baked
from .values import Exhibit, Part, Pixels, Random, Said


@dataclass(frozen=True, kw_only=True)
class Photograph:
    picture: Pixels
    quality: int
    view: Said


class Photographer:
    """Keeps the baked surfaces of one exhibit between its photographs."""

    def __init__(self, exhibit: Exhibit) -> None:
        self._exhibit = exhibit
        self._baked: dict[int, Surface] = {}

    def take(self, number: int, rng: Random) -> Photograph:
        view = views.view(self._exhibit, number, rng)
        surfaces = tuple(self._surface(part) for part in view.arrangement.parts)
        light = scene.exposed(surfaces, view.arrangement.stance, view.shot)
        return Photograph(
            picture=lens.developed(light, view.development, rng), quality=view.development.quality, view=view.said
        )

    def _surface(self, part: Part) -> Surface:
        if id(part) not in self._baked:
            self._baked[id(part)] = baked(part)
        return self._baked[id(part)]
