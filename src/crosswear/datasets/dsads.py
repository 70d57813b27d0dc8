"""Daily and Sports Activities (UCI 256).

Source: the publisher's description; what `TRAPS` says was measured on the published files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import AXES, STANDARD_GRAVITY, Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import read_numbers
from crosswear.datasets.quantities import to_g, to_rad_s
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    PublishedCounts,
    PublishedFile,
    ReadOptions,
    from_uci,
    three_from,
)
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

PATTERNS = ("data/a??/p?/s??.txt",)
SUBJECTS, SEGMENTS, SEGMENT_SAMPLES = 8, 60, 125
LAYOUT = TextLayout(columns=45)
FIRST_COLUMN = {"right_arm": 9, "torso": 0, "left_arm": 18, "right_leg": 27, "left_leg": 36}
"""0-based, of each unit: three columns of the accelerometer, then three of the gyroscope."""
INTERRUPTED = ("a05", "a06")
"""Activities whose segments do not follow one another."""

CLASSES = tuple(
    ActivityClass(f"a{number:02d}", name)
    for number, name in enumerate(
        (
            "sitting",
            "standing",
            "lying on back",
            "lying on right side",
            "ascending stairs",
            "descending stairs",
            "standing in a lift",
            "moving around in a lift",
            "walking in a parking lot",
            "walking on a treadmill, flat, 4 km/h",
            "walking on a treadmill, inclined, 4 km/h",
            "running on a treadmill, 8 km/h",
            "exercising on a stepper",
            "exercising on a cross trainer",
            "cycling on an exercise bike, horizontal",
            "cycling on an exercise bike, vertical",
            "rowing",
            "jumping",
            "playing basketball",
        ),
        start=1,
    )
)
TRAPS = (
    "The 5 s segments of a person and activity follow one another without a gap and are joined, "
    "but for the stairs (a05, a06): there the signal of all but p5 jumps between segments, and "
    "every segment is read as a recording of its own.",
    "A few joints are breaks elsewhere too: in the stepper of p3 and in the jumping of p3 and p6.",
    "On the stairs the segments of p1 and p6 hold 4 s and one second of zeros; rows of three "
    "zeros are read as lost samples.",
    "The unit of the gyroscopes is not stated. It is rad/s: in slow movements of the torso "
    "gravity turns as fast as they say.",
    "The units of the arms were worn on the wrists; which hand is dominant is not stated.",
)

FILES = tuple(
    PublishedFile(f"data/{activity.code}/p{subject}/s{segment:02d}.txt")
    for activity in CLASSES
    for subject in range(1, SUBJECTS + 1)
    for segment in range(1, SEGMENTS + 1)
)
COUNTS = PublishedCounts(
    title=f"samples, {SEGMENTS} segments of {SEGMENT_SAMPLES}",
    quantity="samples",
    expected={activity.code: (SEGMENTS * SEGMENT_SAMPLES,) * SUBJECTS for activity in CLASSES},
    subjects=tuple(f"p{subject}" for subject in range(1, SUBJECTS + 1)),
)


@dataclass
class LostSamples(PartFindings):
    """Number of samples for which the files have zeros or NaN."""

    lost: int = 0


def read(
    tree: FileTree, options: ReadOptions, names: Names, found: LostSamples
) -> Iterator[Recording]:
    """Yield one recording for every run of consecutive segments of one activity and subject.

    Raises:
        DataFormatError: if a file is not laid out as published.
        MissingDataError: if none of its files is there.
    """
    first = FIRST_COLUMN[options.placement]
    codes = [activity.code for activity in CLASSES]
    for run in _runs(tree, names):
        activity, subject, segment = _parse(tree, run[0])
        use = range(first, first + len(AXES) * len(options.sensors))
        values = np.concatenate([_segment(tree, name, use) for name in run])
        acceleration, *rotation = np.split(values, len(options.sensors), axis=1)
        found.lost += int(np.isnan(acceleration[:, 0]).sum())
        yield Recording(
            acceleration=acceleration,
            rate_hz=SPEC.rate_hz,
            labels=np.full(len(acceleration), codes.index(activity), np.int16),
            subject=subject,
            session=f"{activity}-s{segment:02d}",
            placement=options.placement,
            rotation=rotation[0] if rotation else None,
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    whole = len(CLASSES) * SUBJECTS * SEGMENTS
    if len(names) < whole:
        yield f"{whole - len(names)} of {whole} segments are missing."


def _notes(_: FileTree, _options: ReadOptions, found: LostSamples) -> Iterator[str]:
    if found.lost:
        yield f"{found.lost} samples are lost: the files have zeros or NaN there."


def _folder(name: str) -> str:
    """Return the folder of one activity and subject, whose segments may follow one another."""
    return name.rpartition("/")[0]


def _parse(tree: FileTree, name: str) -> tuple[str, str, int]:
    match = re.fullmatch(r"data/(a\d\d)/(p\d)/s(\d\d)\.txt", name)
    known = match and 1 <= int(match[1][1:]) <= len(CLASSES)
    if not (match and known and 1 <= int(match[2][1:]) <= SUBJECTS and 1 <= int(match[3]) <= 60):
        raise DataFormatError(
            "no such activity, subject or segment",
            where=tree.where(name),
            expected="a01 to a19, p1 to p8, s01 to s60",
            todo="take the file away, or rename it as the publisher does",
        )
    return match[1], match[2], int(match[3])


def _runs(tree: FileTree, names: Names) -> Iterator[list[str]]:
    run: list[str] = []
    for name in names:
        activity, subject, segment = _parse(tree, name)
        follows = run and _parse(tree, run[-1]) == (activity, subject, segment - 1)
        if run and (activity in INTERRUPTED or not follows):
            yield run
            run = []
        run.append(name)
    yield run


def _segment(tree: FileTree, name: str, use: range) -> NDArray[np.float32]:
    """Acceleration in g, and angular velocity where its columns are used too: [125, 3 or 6]."""
    values = read_numbers(tree, name, LAYOUT, use)
    if len(values) != SEGMENT_SAMPLES:
        raise DataFormatError(
            f"{len(values)} lines",
            where=tree.where(name),
            expected=f"{SEGMENT_SAMPLES} lines, 5 s at 25 Hz",
            todo="fetch the file again",
        )
    acceleration, rotation = np.split(values, [len(AXES)], axis=1)
    for one in (acceleration, rotation):
        one[(one == 0).all(axis=1)] = np.nan
    where = tree.where(name)
    known = to_g(acceleration, STANDARD_GRAVITY, where), to_rad_s(rotation, where)
    return np.concatenate(known, axis=1)


SPEC = DatasetSpec(
    name="dsads",
    title="Daily and Sports Activities",
    licence="CC BY 4.0",
    citation="K. Altun, B. Barshan, O. Tunçel: Comparative study on classifying human activities "
    "with miniature inertial and magnetic sensors. Pattern Recognition 43(10), 2010.",
    home="https://archive.ics.uci.edu/dataset/256/daily+and+sports+activities",
    rate_hz=25.0,
    unit="m/s²",
    subjects=SUBJECTS,
    placements=tuple(FIRST_COLUMN),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(
        partial(require, patterns=PATTERNS), read, LostSamples, _missing, _notes, _folder
    ),
    sensors=("accelerometer", "gyroscope"),
    columns=f"{three_from(FIRST_COLUMN)}; of the gyroscope the three behind",
    files=FILES,
    archives=("daily+and+sports+activities.zip",),
    downloads=(from_uci(256, "daily+and+sports+activities.zip"),),
    counts=COUNTS,
    traps=TRAPS,
)
