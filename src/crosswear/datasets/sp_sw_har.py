"""SP-SW-HAR: standing up, walking, turning and sitting down again, with a watch.

Source: the header of the files and the two tables beside them; what `TRAPS` says was measured on
the published files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import STANDARD_GRAVITY, Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import place, read_labels, read_numbers
from crosswear.datasets.quantities import to_g, to_rad_s
from crosswear.datasets.spec import ActivityClass, DatasetSpec, ReadOptions
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require
from crosswear.tables.stamps import first_not_after

PATTERNS = ("DATA/s??/s??_??_sw.csv",)
RECORDINGS = 223
LAYOUT = TextLayout(
    columns=8,
    header=("x_acc", "y_acc", "z_acc", "x_gyro", "y_gyro", "z_gyro", "timestamp", "label"),
)
ACCELEROMETER, GYROSCOPE, STAMP, LABEL = (0, 1, 2), (3, 4, 5), 6, 7
RATE_HZ = 104.28
UNEVEN_S = 0.1
"""No stamp may be further from an even grid; the published ones are within 0.06 s."""
CLASSES = (
    ActivityClass("SEATED", "sitting"),
    ActivityClass("STANDING_UP", "standing up"),
    ActivityClass("WALKING", "walking"),
    ActivityClass("TURNING", "turning"),
    ActivityClass("SITTING_DOWN", "sitting down"),
)
TRAPS = (
    "The time stamps are whole milliseconds of delivery, not of measurement: every 480 samples one "
    "comes 38 ms late and the next three catch up, 1362 stamps repeat the one before, yet no "
    "sample is lost. The samples are even at 104.28 Hz (104.26 to 104.31 from file to file), and "
    "are read so, without the stamps.",
    "A recording lasts 9 to 15 s, and in it standing up, each turn, sitting down and being seated "
    "take 1 to 2 s, less than half a window of 4 s: of 928 such windows 846 are of walking, and 5 "
    "of standing up.",
    "The files do not say on which wrist the watch was; subjects_info.csv has the dominant hand "
    "(left for s16 alone).",
    "The files of the phone (…_sp.csv) lie beside those of the watch and are not read.",
)


@dataclass
class RepeatedStamps(PartFindings):
    """Number of time stamps that repeat the one before."""

    repeated: int = 0


def read(
    tree: FileTree, options: ReadOptions, names: Names, found: RepeatedStamps
) -> Iterator[Recording]:
    """Yield one recording for every execution of the sequence."""
    labels = {activity.code: label for label, activity in enumerate(CLASSES)}
    for name in names:
        match = re.fullmatch(r"DATA/(s\d\d)/\1_(\d\d)_sw\.csv", name)
        if match is None:
            raise DataFormatError(
                "the name does not say who and which execution",
                where=tree.where(name),
                expected="sXX/sXX_YY_sw.csv",
                todo="take the file away, or rename it as the publisher does",
            )
        turning = GYROSCOPE if "gyroscope" in options.sensors else ()
        values = read_numbers(tree, name, LAYOUT, (STAMP, *ACCELEROMETER, *turning))
        _check_even(tree, name, values[:, 0] / 1000)
        found.repeated += int((np.diff(values[:, 0]) == 0).sum())
        yield Recording(
            acceleration=to_g(values[:, 1:4], STANDARD_GRAVITY, tree.where(name)),
            rate_hz=RATE_HZ,
            labels=read_labels(tree, name, LAYOUT, LABEL, labels),
            subject=match[1],
            session=match[2],
            placement=options.placement,
            rotation=to_rad_s(values[:, 4:], tree.where(name)) if turning else None,
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < RECORDINGS:
        yield f"{RECORDINGS - len(names)} of {RECORDINGS} recordings are missing."


def _notes(_: FileTree, _options: ReadOptions, found: RepeatedStamps) -> Iterator[str]:
    if found.repeated:
        yield (
            f"{found.repeated} time stamps repeat the one before. They are times of delivery: "
            f"the samples are taken as even, at {RATE_HZ} Hz."
        )


def _check_even(tree: FileTree, name: str, time_s: NDArray[np.float64]) -> None:
    late = time_s - np.arange(len(time_s)) / RATE_HZ
    uneven = np.flatnonzero(np.abs(late - np.median(late)) > UNEVEN_S)
    backwards = first_not_after(time_s, may_repeat=True)
    wrong = [*uneven[:1], *([] if backwards is None else [backwards])]
    if wrong:
        raise DataFormatError(
            "the time stamp is missing, runs backwards, or is away from an even grid",
            where=place(tree, name, LAYOUT, int(min(wrong)), STAMP),
            expected=f"milliseconds, within {UNEVEN_S} s of {RATE_HZ} samples a second",
            todo="fetch the file again",
        )


SPEC = DatasetSpec(
    name="sp_sw_har",
    title="Smartphone and smartwatch dataset for human activity recognition (the watch)",
    licence="CC BY 4.0",
    citation="M. Matey-Sanz, S. Casteleyn, C. Granell: Dataset of inertial measurements of "
    "smartphones and smartwatches for human activity recognition. Data in Brief 51, 109809, 2023.",
    home="https://doi.org/10.1016/j.dib.2023.109809",
    rate_hz=RATE_HZ,
    unit="m/s²",
    subjects=23,
    placements=("wrist",),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, RepeatedStamps, _missing, _notes),
    sensors=("accelerometer", "gyroscope"),
    columns="x_acc, y_acc, z_acc, label, and timestamp as a check; x_gyro, y_gyro, z_gyro (rad/s)",
    traps=TRAPS,
)
