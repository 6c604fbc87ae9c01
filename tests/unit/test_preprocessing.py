"""The part of a picture that is searched by."""

from __future__ import annotations

import numpy as np
import pytest

from vitrine import errors, preprocessing
from vitrine.domain import Region


def test_a_region_of_a_few_pixels_is_refused_by_a_code_of_its_own() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    assert preprocessing.crop(pixels, Region(x=0.5, y=0, width=0.08, height=1)).shape == (100, 8, 3)
    with pytest.raises(errors.RejectedInput) as refused:
        preprocessing.crop(pixels, Region(x=0.5, y=0, width=0.07, height=1))
    assert refused.value.code == "region_too_small"
