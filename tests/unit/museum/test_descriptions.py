"""What a card says is what was drawn."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from scripts.museum import words
from scripts.museum.kinds import carpet, coin, vase
from scripts.museum.objects import randomness


def _vase(seed: int) -> vase.Vase:
    return vase.choose(randomness(7, seed))


@pytest.mark.parametrize("seed", range(20))
def test_a_vase_is_described_by_its_glaze_ornament_handles_and_chips(seed: int) -> None:
    chosen = _vase(seed)
    text = vase.card(chosen).description
    assert f"{chosen.glaze.said('ins', 'f')} глазурью" in text.ru
    assert chosen.glaze.en in text.en
    assert f"поясом {chosen.bands[0][0].ru}" in text.ru
    assert ("двумя ручками" in text.ru) == (chosen.handles == 2)
    assert ("скол" in text.ru) == bool(chosen.bites) == ("chip" in text.en.lower())


@pytest.mark.parametrize("glaze", [words.COBALT, words.OXBLOOD, words.TURQUOISE, words.IVORY])
def test_the_vase_has_the_glaze_that_its_card_names(glaze: words.Colour) -> None:
    chosen = dataclasses.replace(_vase(1), glaze=glaze, bands=_vase(1).bands[:1], drips=False, crazed=False, bites=())
    body = vase.exhibit(chosen, randomness(7, 1)).arrangements[0].parts[0]
    drawn = np.median(body.finish.colour.reshape(-1, 3), axis=0) / 255
    nearest = min(
        (words.COBALT, words.OXBLOOD, words.TURQUOISE, words.IVORY), key=lambda c: float(np.abs(drawn - c.rgb).sum())
    )
    assert nearest is glaze


def test_a_vase_has_a_part_for_each_handle() -> None:
    plain, handled = (
        len(
            vase.exhibit(dataclasses.replace(_vase(4), shape="ovoid", handles=n), randomness(7, 4))
            .arrangements[0]
            .parts
        )
        for n in (0, 2)
    )
    assert handled == plain + 2


def test_a_pierced_coin_is_said_to_be_pierced() -> None:
    chosen = coin.choose(randomness(7, 1))
    whole, pierced = (
        coin.exhibit(dataclasses.replace(chosen, holed=holed), randomness(7, 1)) for holed in (False, True)
    )
    assert "отверстие" not in whole.card.description.ru
    assert "просверлено отверстие" in pierced.card.description.ru
    assert len(pierced.arrangements[0].parts) == len(whole.arrangements[0].parts) + 1


@pytest.mark.parametrize("seed", range(12))
def test_a_carpet_is_described_by_its_medallions_and_colours(seed: int) -> None:
    chosen = carpet.choose(randomness(7, seed))
    text = carpet.card(chosen).description.ru
    assert f"на {chosen.field.said('pre', 'n')} поле" in text
    assert f"{chosen.medallion.said('gen', 'm')} цвета" in text
    assert ("бахрома не сохранилась" in text) == (not chosen.fringe)
    assert chosen.medallions == 1 or f" {chosen.medallions} " in text
