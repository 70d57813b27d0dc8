"""MATLAB files of ActRecTut that are not what their publisher describes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dataset_helpers import fails, read, write
from scipy.io import loadmat, savemat

from crosswear.core.errors import DataFormatError


def _struct(good: dict[str, np.ndarray]) -> dict[str, object]:
    return {"data": {"inner": good["data"]}, "labels": good["labels"]}


class TestActrectut:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda good: {"labels": good["labels"]}, "'data' is missing"),
            (lambda good: {"data": good["data"]}, "'labels' is missing"),
            (lambda good: {**good, "data": good["data"][:, :14]}, "× 14"),
            (lambda good: {**good, "data": good["data"].T}, "'data' is 15 ×"),
            (lambda good: {**good, "labels": good["labels"][1:]}, "labels"),
            (lambda good: {**good, "data": good["data"] + 1j}, "complex"),
            (lambda good: {**good, "data": good["data"].astype(object)}, "'data' is a cell array"),
            (lambda good: {**good, "data": "x" * 15}, "'data' is text"),
            (_struct, "'data' is a struct"),
            (
                lambda good: {**good, "labels": good["labels"] * 0 + 13},
                "sample 1: 13 is not a label",
            ),
            (
                lambda good: {**good, "labels": good["labels"] * np.nan},
                "sample 1: nan is not a label",
            ),
            (lambda good: {**good, "labels": good["labels"] + 0.5}, "sample 1: 1.5 is not a label"),
            (lambda good: {**good, "data": good["data"] + np.inf}, "inf is not an acceleration"),
        ],
    )
    def test_other_variables(
        self,
        change: Callable[[dict[str, np.ndarray]], dict[str, object]],
        said: str,
        tmp_path: Path,
    ) -> None:
        path = write("actrectut", tmp_path)
        good = {key: value for key, value in loadmat(path).items() if key in ("data", "labels")}
        good = {key: value.astype(float) for key, value in good.items()}
        savemat(path, change(good))
        fails(DataFormatError, lambda: read("actrectut", tmp_path), path, said)

    def test_missing_numbers_become_missing_samples(self, tmp_path: Path) -> None:
        path = write("actrectut", tmp_path)
        good = loadmat(path)
        data = good["data"].astype(float)
        data[30:40, 2] = np.nan
        savemat(path, {"data": data, "labels": good["labels"]})
        lost = np.isnan(read("actrectut", tmp_path)[1].acceleration)
        np.testing.assert_array_equal(np.flatnonzero(lost.all(axis=1)), np.arange(30, 40))
        np.testing.assert_array_equal(lost.any(axis=1), lost.all(axis=1))

    def test_a_newer_matlab_file(self, tmp_path: Path) -> None:
        path = write("actrectut", tmp_path)
        header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
        path.write_bytes(header + b"\x89HDF\r\n\x1a\n" + bytes(512))
        fails(DataFormatError, lambda: read("actrectut", tmp_path), path, "not a MATLAB 5 file")

    def test_any_damage_is_told(self, tmp_path: Path) -> None:
        path = write("actrectut", tmp_path)
        sound = path.read_bytes()
        rng = np.random.default_rng(0)
        for _ in range(200):
            content = bytearray(sound[: int(rng.integers(1, len(sound) + 1))])
            for position in rng.integers(0, len(content), 8):
                content[position] = rng.integers(256)
            path.write_bytes(bytes(content))
            try:
                read("actrectut", tmp_path)
            except DataFormatError as error:
                assert str(path) in str(error)  # noqa: PT017  damage may also go unseen
