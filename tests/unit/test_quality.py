"""Sensors in trouble are noticed where their samples are still as they were measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crosswear.core.config import PreparationConfig
from crosswear.datasets.prepare import prepare
from crosswear.signal.quality import Clipping

TOML = """
title = "Clipped"
placement = "wrist"
rate_hz = 100
unit = "g"
files = ["*.csv"]
path = "(?P<subject>.+)"
[columns]
x = "x"
y = "y"
z = "z"
label = "activity"
[classes]
walk = "walk"
run = "run"
"""


def swing(samples: int, most_g: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    x = 3 * np.sin(np.arange(samples) / 100 * 2 * np.pi * 1.5) + rng.normal(0, 0.01, samples)
    return np.stack([x.clip(-most_g, most_g), 0.1 * x, 1 + 0.1 * x], axis=1).astype(np.float32)


def test_clipping_survives_a_change_of_the_rate(tmp_path: Path) -> None:
    for place, person in enumerate(("a", "b", "c", "d")):
        rows = [
            f"{x:.4f},{y:.4f},{z + place / 100:.4f},{('walk', 'run')[number // 6000]}"
            for number, (x, y, z) in enumerate(swing(12_000, 2.0))
        ]
        (tmp_path / f"{person}.csv").write_text("\n".join(["x,y,z,activity", *rows]), "utf-8")
    (tmp_path / "dataset.toml").write_text(TOML, "utf-8")
    domain = prepare(str(tmp_path / "dataset.toml"), None, PreparationConfig(), tmp_path / "cache")
    assert domain.windows.x[:, 0].max() > 2.01  # what the windows show: the filter swings beyond
    assert "x is clipped at 2.00 g: the sensor's range is too small" in domain.summary.notes


def test_what_is_within_the_range_is_not_clipped() -> None:
    found = Clipping()
    found.push(swing(12_000, 9.0))
    assert found.found() == {}


def test_a_plateau_in_several_recordings_is_one() -> None:
    found = Clipping()
    found.push(swing(500, 2.0))
    found.push(swing(500, 2.0))
    assert list(found.found()) == ["x"]


@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 60), max_size=5))
def test_clipping_of_parts_is_that_of_the_whole(seed: int, cuts: list[int]) -> None:
    values = np.random.default_rng(seed).choice([-2.0, 0.0, 1.9, 2.0, np.nan], (60, 3))
    whole, joined = Clipping(), Clipping()
    for part in np.split(values.astype(np.float32), sorted(cuts)):
        alone = Clipping()
        alone.push(part)
        whole.push(part)
        joined = joined.joined(Clipping.restored(alone.state))
    np.testing.assert_array_equal(joined.state, whole.state)
    assert joined.found() == whole.found()
