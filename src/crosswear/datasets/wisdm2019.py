"""WISDM 2019 (UCI 507), the watch: eighteen activities of 51 people, three minutes each.

Source: the publisher's description, and what users of the dataset report; not checked on the
published files.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import STANDARD_GRAVITY, Recording
from crosswear.core.texts import Note
from crosswear.datasets.published import TextLayout, place, read_labels, read_numbers
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    PublishedFile,
    ReadOptions,
    from_uci,
)
from crosswear.datasets.tree import FileTree, require

FOLDER = "raw/watch/accel"
PATTERNS = (f"{FOLDER}/data_????_accel_watch.txt",)
SUBJECTS = range(1600, 1651)
LAYOUT = TextLayout(columns=7)
"""With a comma in place of the semicolon, a line ends in an empty seventh column."""
SUBJECT, LETTER, STAMP = 0, 1, 2
NOMINAL_HZ = 20.0
RATES_HZ = np.array([NOMINAL_HZ, 25.0, 50.0, 100.0])
RATE_TOLERANCE = 0.1
STEPS_FOR_A_RATE = 20
CLASSES = tuple(
    ActivityClass(letter, name)
    for letter, name in zip(
        "ABCDEFGHIJKLMOPQRS",
        (
            "walking",
            "jogging",
            "stairs",
            "sitting",
            "standing",
            "typing",
            "brushing teeth",
            "eating soup",
            "eating chips",
            "eating pasta",
            "drinking from a cup",
            "eating a sandwich",
            "kicking a soccer ball",
            "playing catch with a tennis ball",
            "dribbling a basketball",
            "writing",
            "clapping",
            "folding clothes",
        ),
        strict=True,
    )
)
TRAPS = (
    "Every line ends in a semicolon; readers that keep it read z as text.",
    "There is no activity N.",
    "The time stamps are nanoseconds of a clock of the device, whatever the description calls "
    "them; phone and watch have different clocks.",
    "The rate is 20 Hz only in name: users report stretches at about 25, 50 and 100 Hz, too. The "
    "rate of each uninterrupted stretch of an activity is taken from its time stamps, as the "
    "nearest of the four; what is not within 10 % of one of them is an error.",
    "Time stamps are reported to repeat and to run backwards. Of the lines of a subject with one "
    "stamp the first is kept, so that what was written twice cannot be in two subsets; where the "
    "time still runs backwards, another recording begins.",
    "Some subjects have not all activities, and some have done one for longer than 3 minutes.",
    "The layout is that of the raw files of the watch; arff_files holds features and is not read.",
)


@dataclass(frozen=True)
class _WithoutSemicolons:
    """The same files, with a comma wherever they have a semicolon."""

    tree: FileTree

    def glob(self, pattern: str) -> list[str]:
        return self.tree.glob(pattern)

    def entries(self) -> list[str]:
        return self.tree.entries()

    def open(self, name: str) -> io.BufferedIOBase:
        with self.tree.open(name) as file:
            return io.BytesIO(file.read().replace(b";", b","))

    def where(self, name: str) -> str:
        return self.tree.where(name)


def read(tree: FileTree, options: ReadOptions, note: Note) -> Iterator[Recording]:
    """Yield one recording for every stretch of one activity in which time goes on."""
    names = require(tree, PATTERNS)
    if len(names) < len(SUBJECTS):
        note(f"{len(names)} of {len(SUBJECTS)} subjects are there.")
    labels = {activity.code: label for label, activity in enumerate(CLASSES)}
    repeated, rates, backwards = 0, Counter[float](), 0
    for name in names:
        subject = _subject(tree, name)
        commas = _WithoutSemicolons(tree)
        values = _values(commas, name, subject)
        label = read_labels(commas, name, LAYOUT, LETTER, labels)
        acceleration = to_g(values[:, 1:], STANDARD_GRAVITY, tree.where(name))
        rows = np.sort(np.unique(values[:, 0], return_index=True)[1])
        repeated += len(values) - len(rows)
        time_s, label = (values[rows, 0] - values[:, 0].min()) / 1e9, label[rows]
        sessions = Counter[str]()
        for block in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(label)) + 1):
            rate_hz = _rate(time_s[block], tree.where(name), CLASSES[label[block[0]]].code)
            breaks = np.flatnonzero(np.diff(time_s[block]) < 0) + 1
            backwards += len(breaks)
            for run in np.split(block, breaks):
                letter = CLASSES[label[run[0]]].code
                sessions[letter] += 1
                rates[rate_hz] += 1
                yield Recording(
                    acceleration=acceleration[rows[run]],
                    rate_hz=rate_hz,
                    labels=label[run],
                    subject=subject,
                    session=f"{letter}{sessions[letter]}",
                    placement=options.placement,
                    time_s=time_s[run] - time_s[run[0]],
                )
    if repeated:
        note(f"{repeated} lines repeat the time stamp of an earlier line and are left out.")
    if backwards:
        note(f"The time runs backwards {backwards} times; another recording begins there.")
    for rate_hz, count in sorted(rates.items()):
        if rate_hz != NOMINAL_HZ:
            note(f"{count} recordings are at {rate_hz:g} Hz instead of {NOMINAL_HZ:g} Hz.")


def _subject(tree: FileTree, name: str) -> str:
    match = re.fullmatch(r"data_(\d{4})_accel_watch\.txt", name.rpartition("/")[2])
    if match is None or int(match[1]) not in SUBJECTS:
        raise DataFormatError(
            "no such subject",
            where=tree.where(name),
            expected=f"data_{SUBJECTS[0]}_accel_watch.txt to data_{SUBJECTS[-1]}_accel_watch.txt",
            todo="take the file away, or rename it as the publisher does",
        )
    return match[1]


def _values(tree: FileTree, name: str, subject: str) -> NDArray[np.float64]:
    """Time stamp, x, y and z of every line; all lines are of the subject in the file's name."""
    line = "id,letter,timestamp,x,y,z; in every line, with decimal points"
    try:
        values = read_numbers(tree, name, LAYOUT, (SUBJECT, STAMP, 3, 4, 5))
    except DataFormatError as error:
        raise DataFormatError(
            error.what, where=error.where, expected=line, todo=error.todo
        ) from error
    expected = {SUBJECT: f"{subject}, as in the name", STAMP: "a time stamp in nanoseconds"}
    wrong = {SUBJECT: values[:, 0] != int(subject), STAMP: ~(values[:, 1] >= 0)}
    for column, lines in wrong.items():
        if lines.any():
            raise DataFormatError(
                "another subject" if column == SUBJECT else "no time stamp",
                where=place(tree, name, LAYOUT, int(lines.argmax()), column),
                expected=expected[column],
                todo="fetch the file again, or compare it with the publisher's",
            )
    return values[:, 1:]


def _rate(time_s: NDArray[np.float64], where: str, letter: str) -> float:
    steps = np.diff(time_s)
    steps = steps[steps > 0]
    if len(steps) < STEPS_FOR_A_RATE:
        return NOMINAL_HZ
    rate_hz = 1 / float(np.median(steps))
    nearest = float(RATES_HZ[np.abs(np.log(RATES_HZ / rate_hz)).argmin()])
    if abs(rate_hz / nearest - 1) > RATE_TOLERANCE:
        raise DataFormatError(
            f"the time stamps give {rate_hz:.4g} Hz",
            where=f"{where}, activity {letter}",
            expected=f"time stamps in nanoseconds, at {', '.join(f'{r:g}' for r in RATES_HZ)} Hz",
            todo="fetch the file again",
        )
    return nearest


SPEC = DatasetSpec(
    name="wisdm2019",
    title="WISDM Smartphone and Smartwatch Activity and Biometrics (the watch)",
    licence="CC BY 4.0",
    citation="G. M. Weiss, K. Yoneda, T. Hayajneh: Smartphone and Smartwatch-Based Biometrics "
    "Using Activities of Daily Living. IEEE Access 7, 2019.",
    home="https://archive.ics.uci.edu/dataset/507/"
    "wisdm+smartphone+and+smartwatch+activity+and+biometrics+dataset",
    rate_hz=NOMINAL_HZ,
    unit="m/s²",
    subjects=len(SUBJECTS),
    placements=("dominant_wrist",),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=read,
    columns="1 subject, 2 activity, 3 time (ns), 4–6 x, y, z",
    files=tuple(PublishedFile(f"{FOLDER}/data_{subject}_accel_watch.txt") for subject in SUBJECTS),
    archives=(
        "wisdm+smartphone+and+smartwatch+activity+and+biometrics+dataset.zip",
        "wisdm-dataset.zip",
    ),
    downloads=(
        from_uci(507, "wisdm+smartphone+and+smartwatch+activity+and+biometrics+dataset.zip"),
    ),
    traps=TRAPS,
)
