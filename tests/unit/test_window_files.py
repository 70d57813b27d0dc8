"""Windows that are written while they are cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_splits import metadata

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import DomainError
from crosswear.core.files import link_or_copy
from crosswear.core.recording import Windows
from crosswear.datasets import window_files
from crosswear.datasets.prepare import prepare, prepare_splits
from crosswear.datasets.window_files import save_samples, save_table, write_samples

SHAPE = (3, 5)


def random_windows(count: int) -> Windows:
    table = metadata([0] * count, list(range(count)))
    x = np.random.default_rng(count).normal(size=(count, *SHAPE)).astype(np.float32)
    return Windows(x, *(getattr(table, name) for name in list(vars(table))[1:]))


@pytest.mark.slow
@given(counts=st.lists(st.integers(0, 9), min_size=1, max_size=6), data=st.data())
def test_saved_windows_are_those_that_were_kept(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("windows")
    pieces = [random_windows(count) for count in counts]
    whole = Windows.joined(pieces)
    table = write_samples(iter(pieces), folder / "samples")
    if not len(whole):
        assert table is None
        return
    assert table is not None
    assert table.x.size == 0
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_files, "_ROWS", 4)
        save_samples([(folder / "samples", kept)], SHAPE, folder / "x.npy")
    save_table(table.rows(kept), folder)
    for name in vars(whole):
        saved = np.load(folder / f"{name}.npy", allow_pickle=False)
        np.testing.assert_array_equal(saved, getattr(whole, name)[kept])
        assert saved.dtype == getattr(whole, name).dtype


def test_splits_of_a_domain_share_the_file_of_their_samples(tmp_path: Path) -> None:
    found = prepare_splits("simulated-daily", None, PreparationConfig(), tmp_path, [0, 1])
    one, other = (domain.folder / "x.npy" for domain in found.values())
    assert one.samefile(other)
    assert not list(tmp_path.glob(".partial-*"))


def test_a_file_is_copied_where_it_cannot_be_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr("os.link", refuse)
    (tmp_path / "one").write_bytes(b"samples")
    link_or_copy(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == b"samples"


def test_a_domain_without_windows_is_refused_and_leaves_no_files(tmp_path: Path) -> None:
    too_long = PreparationConfig(window_s=600.0, hop_s=600.0)
    with pytest.raises(DomainError, match="no recording gives a labelled window"):
        prepare("simulated-daily", None, too_long, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]
