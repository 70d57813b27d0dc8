"""Functions of windows that are computed a block at a time."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from crosswear.signal import blocks
from crosswear.signal.blocks import by_blocks
from crosswear.signal.features import window_features


@pytest.mark.parametrize("count", [0, 1, 7, 8, 29])
def test_blocks_give_what_all_windows_give(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 8)
    x = np.random.default_rng(count).normal(size=(count, 3, 100)).astype(np.float32)
    features = partial(window_features, rate_hz=25.0)
    np.testing.assert_array_equal(by_blocks(features, x), features(x))
    rows = np.arange(0, count, 2)
    np.testing.assert_array_equal(by_blocks(features, x, rows), features(x[rows]))
