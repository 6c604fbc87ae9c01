"""What the gate takes for worse, whatever the last digits of its figures say."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.classifier import gate


@pytest.mark.parametrize(("classes", "objects"), [(2, 20), (4, 10), (5, 8), (3, 7)])
def test_one_object_alone_decides_nothing(classes: int, objects: int) -> None:
    """Its loss and the standard error are equal, whatever the last digits say."""
    for missed in range(3):
        right = [[0.0] * missed + [1.0] * (objects - missed) for _ in range(classes)]
        before = float(np.mean([np.mean(one) for one in right]))
        right[0][-1] = 0.0
        after = float(np.mean([np.mean(one) for one in right]))
        error = float(np.sqrt((1 / objects) ** 2)) / classes
        compared = gate.Comparison(
            candidate=after,
            active=before,
            error=error,
            classes=classes,
            objects=classes * objects,
            common=classes * objects,
            fallen={},
        )
        assert compared.passed
