"""Two domains of one dataset: no person is learned from in one and tested in the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import LeakageError
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.study.people import audit_people


@pytest.fixture(scope="module")
def daily(cache: object) -> Domain:
    return prepare("simulated-daily", None, PreparationConfig(), cache)  # type: ignore[arg-type]


def test_equal_splits_and_other_datasets_pass(daily: Domain, gestures: Domain) -> None:
    audit_people({"a": daily, "b": daily, "c": gestures, "d": gestures})


def test_somebody_on_both_sides_is_named(daily: Domain) -> None:
    assert daily.summary.split.unit == "subject"
    turned = np.where(daily.subset == 0, 2, np.where(daily.subset == 2, 0, daily.subset))
    other = replace(daily, subset=turned.astype(np.int8))
    with pytest.raises(LeakageError, match="is learned from in 'left' and tested in 'right'"):
        audit_people({"left": daily, "right": other})


def test_occurrences_must_be_split_alike(gestures: Domain) -> None:
    assert gestures.summary.split.unit == "occurrence"
    fewer = replace(gestures, subset=np.where(gestures.subset == 0, 1, gestures.subset))
    with pytest.raises(LeakageError, match="everybody"):
        audit_people({"left": gestures, "right": fewer})
