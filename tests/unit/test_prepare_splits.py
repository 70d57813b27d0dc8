"""Several splits of a domain: its files are read once, and each split is the one it is alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from own_helpers import describe, put, rows

from crosswear.core.config import PreparationConfig
from crosswear.datasets.prepare import prepare, prepare_splits
from crosswear.datasets.tree import FolderTree

CONFIG = PreparationConfig(window_s=1.0, hop_s=0.5, min_subjects=1)


def test_files_are_read_once_for_all_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in range(6):
        put(tmp_path, f"{person}.csv", rows(400 + 40 * person, labels=("sit", "walk") * 3))
    toml = describe(tmp_path)
    opened: Counter[str] = Counter()
    plain = FolderTree.open

    def counted(tree: FolderTree, name: str) -> object:
        opened[name] += 1
        return plain(tree, name)

    alone = [prepare(toml, None, replace(CONFIG, split=k), tmp_path / "alone") for k in range(3)]
    monkeypatch.setattr(FolderTree, "open", counted)
    prepare(toml, None, CONFIG, tmp_path / "one")
    for_one = opened.copy()
    opened.clear()
    found = prepare_splits(toml, None, CONFIG, tmp_path / "together", range(3))
    assert opened == for_one
    for split, domain in enumerate(alone):
        assert found[split].summary == domain.summary
        np.testing.assert_array_equal(found[split].subset, domain.subset)
        np.testing.assert_array_equal(found[split].windows.x, domain.windows.x)
    assert len({domain.subset.tobytes() for domain in found.values()}) > 1
