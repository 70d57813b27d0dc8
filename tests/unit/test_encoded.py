"""Features of a domain's windows by an encoder, computed a block at a time and kept in a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxruntime")

from encoder_helpers import CARD, examine_here, made

from crosswear.datasets.domain import Domain
from crosswear.encoders import Encoder
from crosswear.engine import encoded as module
from crosswear.engine.encoded import encoded
from generators import encoders


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Encoder:
    examine_here(monkeypatch)
    return made(tmp_path, encoders.convolutional(), CARD)


def elsewhere(domain: Domain, folder: Path) -> Domain:
    """The domain as another cache would hold it."""
    folder.mkdir()
    return replace(domain, folder=folder / "domain")


def test_blocks_give_what_all_windows_at_once_do(
    gestures: Domain, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(gestures.windows) > 128
    whole = encoded(elsewhere(gestures, tmp_path / "a"), "w", 25.0, "e", encoder.folder)
    monkeypatch.setattr(module, "ROWS", 64)
    other = elsewhere(gestures, tmp_path / "b")
    by_blocks = encoded(other, "w", 25.0, "e", encoder.folder)
    np.testing.assert_array_equal(by_blocks, whole)
    x = np.ascontiguousarray(gestures.windows.acceleration)
    np.testing.assert_array_equal(by_blocks, encoder.features(x, 25.0))
    assert [path.suffix for path in sorted((tmp_path / "b" / "encoded").iterdir())] in (
        [".lock", ".npy"],
        [".npy"],
    )


def test_an_error_leaves_no_file(
    gestures: Domain, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS", 64)
    plain, calls = Encoder.features, []

    def breaks(self: Encoder, *arguments: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return plain(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Encoder, "features", breaks)
    domain = elsewhere(gestures, tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        encoded(domain, "w", 25.0, "e", encoder.folder)
    assert not [path for path in (tmp_path / "a" / "encoded").iterdir() if path.suffix != ".lock"]
