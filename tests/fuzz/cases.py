"""One case: a small sound dataset, damaged, read to its end or refused.

A case is named by its dataset and a number, and is the same wherever it runs.
"""

from __future__ import annotations

import os
import shutil
import time
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from crosswear.core.errors import CrosswearError
from crosswear.datasets import REGISTRY, lookup
from crosswear.datasets.propose import write_proposal
from crosswear.datasets.roots import locate
from crosswear.datasets.tree import fingerprint
from crosswear.signal.resample import resample
from fuzz.damage import damage_file, damage_tree, packed, replace_matrix, replace_table
from generators import GENERATORS
from generators.layouts import LAYOUTS

OWN = "own-"
FUZZED = (
    "omgui",
    "empatica",
    "actigraph",
    "sensor_logger",
    "phone_app",
    "phyphox",
    "one_table",
    "parquet_files",
)
DATASETS = (*GENERATORS, *(f"{OWN}{name}" for name in FUZZED))
SEED = 20190909


@dataclass(frozen=True)
class Outcome:
    """The outcome of a case; `said` is the error, or what was read."""

    damage: str
    result: Literal["read", "refused", "failed"]
    seconds: float
    said: str


def write_sound(dataset: str, root: Path) -> None:
    """The dataset as its publisher gives it out, as small as it can be."""
    rng = np.random.default_rng(SEED)
    if not dataset.startswith(OWN):
        GENERATORS[dataset](root, rng)
        return
    layout = LAYOUTS[dataset.removeprefix(OWN)]
    layout.write(root, rng)
    write_proposal(layout.answered(root)[0], force=False)


def run_case(dataset: str, number: int, sound: Path, place: Path) -> Outcome:
    """Copy the sound dataset to `place`, damage it and read it.

    Anything but a `CrosswearError` is a failure, warnings too, and reported with its type.
    """
    rng = np.random.default_rng([SEED, zlib.crc32(dataset.encode()), number])
    shutil.rmtree(place, ignore_errors=True)
    name = "mine" if dataset.startswith(OWN) else dataset
    root = place / name
    shutil.copytree(sound, root, copy_function=os.link)
    damage = _damage(dataset, root, rng)
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            said, result = f"{_read(dataset, place, rng)} samples", "read"
    except CrosswearError as error:
        said, result = str(error), "refused"
        if not error.what or "\x1b" in said:
            result = "failed"
    except Exception as error:  # noqa: BLE001  that there is none is what is tested
        said, result = f"{type(error).__name__}: {error}", "failed"
    return Outcome(damage, result, time.process_time() - start, said)


def _damage(dataset: str, root: Path, rng: np.random.Generator) -> str:
    dice = rng.random()
    if dice < 0.12:
        return damage_tree(root, rng)
    if dice < 0.27 and not dataset.startswith(OWN):
        return packed(root, root.with_suffix(".zip"), rng)
    files = sorted(path for path in root.rglob("*") if path.is_file())
    path = files[int(rng.integers(len(files)))]
    toml = [path for path in files if path.name == "dataset.toml"]
    if toml and rng.random() < 0.25:
        path = toml[0]
    special = {".mat": replace_matrix, ".parquet": replace_table}
    damage = special.get(path.suffix, damage_file) if dice > 0.8 else damage_file
    done = damage(path, rng)
    return f"{path.relative_to(root)}: {done}"


def _read(dataset: str, place: Path, rng: np.random.Generator) -> int:
    if dataset.startswith(OWN):
        spec, options = lookup(str(place / "mine" / "dataset.toml"))
    else:
        placements, variants = REGISTRY[dataset].placements, list(REGISTRY[dataset].variants)
        placement = placements[int(rng.integers(len(placements)))]
        variant = variants[int(rng.integers(len(variants)))]
        spec, options = lookup(f"{dataset}:placement={placement},variant={variant}")
    tree = locate(spec, place)
    fingerprint(tree, spec.patterns)
    return sum(
        len(piece)
        for recording in spec.read(tree, options, lambda sentence: None)
        for piece in resample(recording)
    )
