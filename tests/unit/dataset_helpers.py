"""Small sound datasets to damage, and how a damaged one fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crosswear.core.errors import CrosswearError, MissingDataError
from crosswear.core.recording import Recording
from crosswear.datasets import REGISTRY, lookup
from crosswear.datasets.tree import FileTree, FolderTree
from generators import GENERATORS

FILES = {
    "pamap2": "Protocol/subject101.dat",
    "opportunity": "S1-Drill.dat",
    "dsads": "data/a01/p2/s02.txt",
    "selfback": "raw/9_class/wrist50/lying/052.csv",
    "wharf": "WHARF Data Set/Data/Walk/Accelerometer-2011-03-24-11-00-00-walk-f1.txt",
    "actrectut": "Data/subject2_gesture/data.mat",
    "skoda": "right_classall_clean.mat",
    "jsi_fos": "subject2.csv",
    "sp_sw_har": "DATA/s01/s01_02_sw.csv",
    "wisdm2019": "raw/watch/accel/data_1650_accel_watch.txt",
    "mhealth": "mHealth_subject10.log",
    "weda_fall": "dataset/40Hz/D01/U01_R01_accel.csv",
    "hhar": "Watch_accelerometer.csv",
    "realworld": "proband1/data/acc_walking_csv.zip",
    "wear": "raw/inertial/50hz/sbj_18.csv",
    "capture24": "P151.csv.gz",
}
SEPARATORS = {
    "pamap2": b" ",
    "opportunity": b" ",
    "dsads": b",",
    "selfback": b",",
    "wharf": b" ",
    "sp_sw_har": b",",
    "wisdm2019": b",",
    "mhealth": b"\t",
    "weda_fall": b",",
    "hhar": b",",
    "wear": b",",
}


def write(name: str, root: Path) -> Path:
    """A small sound dataset; returns the file that a test damages."""
    GENERATORS[name](root, np.random.default_rng(1))
    return root / FILES[name]


def read(name: str, root: Path) -> list[Recording]:
    spec = REGISTRY[name]
    return list(spec.read(FolderTree(root), spec.default_options, lambda sentence: None))


def read_with_notes(tree: FileTree, reference: str) -> tuple[list[Recording], list[str]]:
    """The recordings of a dataset, and what its reader notes."""
    spec, options = lookup(reference)
    notes: list[str] = []
    return list(spec.read(tree, options, notes.append)), notes


def fails(
    kind: type[CrosswearError], action: Callable[[], object], *fragments: object
) -> CrosswearError:
    with pytest.raises(CrosswearError) as caught:
        action()
    assert type(caught.value) is kind
    assert caught.value.expected or kind is MissingDataError or "cannot be read" in str(caught)
    for fragment in fragments:
        assert str(fragment) in str(caught.value)
    return caught.value


def change_cell(path: Path, separator: bytes, line: int, column: int, cell: bytes) -> None:
    lines = path.read_bytes().split(b"\n")
    cells = lines[line - 1].split(separator)
    cells[column - 1] = cell
    lines[line - 1] = separator.join(cells)
    path.write_bytes(b"\n".join(lines))
