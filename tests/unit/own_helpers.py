"""A folder of own recordings: one description, and files of a sensor that lies still."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crosswear.core.errors import CrosswearError, DataFormatError
from crosswear.core.recording import Recording
from crosswear.datasets import lookup
from crosswear.datasets.tree import FolderTree

TOML = """
title = "Mine"
files = ["*.csv"]
rate_hz = 50
unit = "g"
placement = "right_wrist"
path = '(?P<subject>[^/]+)\\.csv'
time_unit = "s"
null = ["?"]
[columns]
x = "x"
y = "y"
z = "z"
time = "t"
label = "what"
[classes]
sit = "sitting"
walk = "walking"
run = "walking"
"""
HEADER = "t,x,y,z,what"


def rows(
    count: int = 200, one_g: float = 1.0, first: int = 0, labels: tuple[str, ...] = ("sit", "walk")
) -> list[str]:
    """Lines of a sensor that lies still with z upwards, at 50 Hz."""
    noise = np.random.default_rng(0).normal(0, 0.003, count)
    return [
        f"{i / 50:.2f},{n * one_g:.5f},{-n * one_g:.5f},{one_g:.5f},"
        f"{labels[(i - first) * len(labels) // count]}"
        for i, n in zip(range(first, first + count), noise, strict=True)
    ]


def put(root: Path, name: str, lines: list[str], header: str = HEADER) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in [*header.splitlines(), *lines]), "utf-8")
    return path


def describe(root: Path, *changes: tuple[str, str], toml: str = TOML) -> Path:
    for old, new in changes:
        assert old in toml
        toml = toml.replace(old, new)
    (root / "dataset.toml").write_text(toml, "utf-8")
    return root / "dataset.toml"


def read(toml: Path, notes: list[str] | None = None) -> list[Recording]:
    spec, options = lookup(str(toml))
    assert spec.root is not None
    note = (notes if notes is not None else []).append
    return list(spec.read(FolderTree(spec.root), options, note))


def fails(toml: Path, *fragments: object, kind: type[CrosswearError] = DataFormatError) -> None:
    with pytest.raises(CrosswearError) as caught:
        read(toml)
    assert type(caught.value) is kind
    assert caught.value.expected
    for fragment in fragments:
        assert str(fragment) in str(caught.value)
