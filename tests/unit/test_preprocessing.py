"""The part of a picture that is searched by."""

from __future__ import annotations

import pytest
from PIL import Image

from vitrine import errors, preprocessing
from vitrine.domain import Region


def test_a_region_of_a_few_pixels_is_refused_by_a_code_of_its_own() -> None:
    image = Image.new("RGB", (100, 100))
    assert preprocessing.crop(image, Region(x=0.5, y=0, width=0.08, height=1)).size == (8, 100)
    with pytest.raises(errors.RejectedInput) as refused:
        preprocessing.crop(image, Region(x=0.5, y=0, width=0.07, height=1))
    assert refused.value.code == "region_too_small"
