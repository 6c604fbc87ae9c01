"""Every kind of object in the demo museum. The first fifteen cover the fifteen typologies."""

from __future__ import annotations

from collections.abc import Callable

from scripts.museum.values import Exhibit, Random

from . import (
    agate,
    amphora,
    beads,
    book,
    bust,
    butterfly,
    carpet,
    coin,
    crystal,
    document,
    drawing,
    herbarium,
    icon,
    matryoshka,
    microscope,
    painting,
    photograph,
    plate,
    poster,
    sabre,
    samovar,
    shard,
    vase,
    watch,
)

KINDS: tuple[Callable[[Random], Exhibit], ...] = (
    vase.make,
    coin.make,
    painting.make_landscape,
    bust.make,
    shard.make,
    sabre.make,
    photograph.make,
    book.make,
    document.make,
    poster.make,
    drawing.make,
    watch.make,
    herbarium.make,
    crystal.make,
    matryoshka.make,
    plate.make,
    icon.make,
    beads.make,
    carpet.make,
    butterfly.make,
    agate.make,
    amphora.make,
    microscope.make,
    painting.make_still_life,
    samovar.make,
)
