"""CAPTURE-24: a day in the life of 151 people, with an accelerometer at the dominant wrist.

Source: the publisher's repository (OxWearables/capture24) and its datasheet; counts of the
annotation dictionary were made on the published file. Not checked on the published recordings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import place, read_batches, read_labels, read_words
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    Download,
    PublishedFile,
    ReadOptions,
)
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

DICTIONARY = "annotation-label-dictionary.csv"
PATTERNS = ("P???.csv.gz", DICTIONARY)
PEOPLE = range(1, 152)
LAYOUT = TextLayout(
    columns=5,
    header=("time", "x", "y", "z", "annotation"),
    stamps=(0,),
    missing=("NaN", "nan", ""),
)
TIME, ANNOTATION = 0, 4
SAMPLES_OF_A_RECORDING = 360_000
"""One hour: so much of a file is in memory at a time."""

SCHEMES = {
    "WillettsSpecific2018": (
        ("sleep", "sleeping"),
        ("sitting", "sitting"),
        ("standing", "standing"),
        ("walking", "walking"),
        ("vehicle", "riding or driving"),
        ("bicycling", "bicycling"),
        ("sports", "sports"),
        ("household-chores", "household chores"),
        ("manual-work", "manual work"),
        ("mixed-activity", "mixed activity"),
    ),
    "Walmsley2020": (
        ("sleep", "sleeping"),
        ("sedentary", "sedentary behaviour"),
        ("light", "light activity"),
        ("moderate-vigorous", "moderate to vigorous activity"),
    ),
    "Willetts2018": (
        ("sleep", "sleeping"),
        ("sit-stand", "sitting or standing"),
        ("mixed", "mixed activity and chores"),
        ("walking", "walking"),
        ("vehicle", "riding or driving"),
        ("bicycling", "bicycling"),
    ),
    "Doherty2018": (
        ("sleep", "sleeping"),
        ("sedentary", "sedentary behaviour"),
        ("tasks-light", "light tasks"),
        ("walking", "walking"),
        ("moderate", "moderate activity"),
    ),
    "WillettsMET2018": (
        ("sleep", "sleeping"),
        ("sitting", "sitting"),
        ("standing", "standing"),
        ("sitstand+lowactivity", "sitting or standing, low activity"),
        ("sitstand+activity", "sitting or standing, with activity"),
        ("walking", "walking"),
        ("walking+activity", "walking, with activity"),
        ("vehicle", "riding or driving"),
        ("bicycling", "bicycling"),
        ("sports", "sports"),
        ("gym", "gym"),
    ),
    "DohertySpecific2018": (
        ("sleep", "sleeping"),
        ("sedentary-screen", "sedentary behaviour at a screen"),
        ("sedentary-non-screen", "sedentary behaviour without a screen"),
        ("tasks-light", "light tasks"),
        ("tasks-moderate", "moderate tasks"),
        ("walking", "walking"),
        ("vehicle", "riding or driving"),
        ("bicycling", "bicycling"),
        ("sports-continuous", "continuous sports"),
        ("sport-interrupted", "interrupted sports"),
    ),
}
"""Class tables by the names of their publishers: code and name of each class."""
VARIANTS = {
    name: tuple(ActivityClass(code, plain) for code, plain in table)
    for name, table in SCHEMES.items()
}
COLUMNS = (
    *("annotation", "WillettsSpecific2018", "WillettsMET2018", "DohertySpecific2018"),
    *("Willetts2018", "Doherty2018", "Walmsley2020"),
)
DICTIONARY_LAYOUT = TextLayout(
    columns=len(COLUMNS), header=(COLUMNS[0], *(f"label:{scheme}" for scheme in COLUMNS[1:]))
)
DETAILS = """\
The class tables are the six schemes of the publisher. `annotation-label-dictionary.csv`, a file of
the dataset, maps each of the 206 annotations to a class of each scheme; an annotation is looked up
as it is written, letter by letter, and one that is not in the dictionary is an error. The default
is the first scheme of the publisher's benchmark; `Walmsley2020` is its other one.

A file of a person has about nine million rows. It is read in batches, and each hour of it is a
recording of its own, so that reading needs memory for an hour; no window spans a full hour after
the first row. The publisher's split, with P101 to P151 in the test set, is not used.
"""
TRAPS = (
    "A third of the time has no annotation, and is of no class: some readers count it as mixed "
    "activity. Nor is it a sign that the sensor was not worn; the files do not say when it was.",
    "Annotations come from camera pictures 20 to 40 s apart, those of sleep from a diary: the edge "
    "of an activity may be off by half a minute, and neighbouring windows are not labelled "
    "independently.",
    "Two pairs of annotations differ in a double space alone, and in one of them the classes "
    "differ too: annotations are not to be trimmed or corrected, misspelt ones included.",
    "An older dictionary has the same layout, three schemes and other annotations; the two are "
    "not to be mixed.",
    "Oddities of the schemes: Willetts2018 counts some walking (code 17250) and running as mixed "
    "activity; DohertySpecific2018 counts passengers of a car as sedentary.",
    "Dates are random, and weekdays mean nothing. The publisher has resampled and calibrated the "
    "signal; the range is 8 g.",
    "Which wrist is the dominant one, left or right, is not stated. metadata.csv has age group and "
    "sex, and is not read.",
    "It has 3,883 hours. The commands adapt and recommend prepare every dataset that lies in DATA: "
    "keep it in a folder of its own unless they should use it.",
    "The licence of the data is CC BY 4.0; that of the publisher's code forbids commercial use.",
)


@dataclass(frozen=True, eq=False)
class _AnnotatedRows:
    """Some rows of a file: time in microseconds, acceleration [n, 3] in g, labels."""

    time_us: NDArray[np.float64]
    acceleration: NDArray[np.float32]
    labels: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, start: int, stop: int | None) -> _AnnotatedRows:
        """Return the rows from `start` on, up to `stop`."""
        rows = slice(start, stop)
        return _AnnotatedRows(self.time_us[rows], self.acceleration[rows], self.labels[rows])


@dataclass
class BackwardsTime(PartFindings):
    """Number of times that the time runs backwards."""

    backwards: int = 0


def read(
    tree: FileTree, options: ReadOptions, names: Names, found: BackwardsTime
) -> Iterator[Recording]:
    """Yield one recording for every hour of a person."""
    label_of = _dictionary(tree, options.variant)
    for name in names:
        match = re.fullmatch(r"(P\d{3})\.csv\.gz", name)
        if match is None or int(name[1:4]) not in PEOPLE:
            raise DataFormatError(
                "no such person",
                where=tree.where(name),
                expected=f"P001.csv.gz to P{PEOPLE[-1]}.csv.gz",
                todo="take the file away, or rename it as the publisher does",
            )
        before_us = -np.inf
        for number, rows in enumerate(_pieces(_batches(tree, name, label_of))):
            found.backwards += bool(rows.time_us[0] < before_us)
            before_us = rows.time_us[-1]
            yield Recording(
                acceleration=rows.acceleration,
                rate_hz=SPEC.rate_hz,
                labels=rows.labels,
                subject=match[1],
                session=f"{number:03d}",
                placement=options.placement,
                time_s=(rows.time_us - rows.time_us[0]) / 1e6,
            )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < len(PEOPLE):
        yield f"{len(names)} of {len(PEOPLE)} people are there."


def _notes(_: FileTree, _options: ReadOptions, found: BackwardsTime) -> Iterator[str]:
    if found.backwards:
        yield f"The time runs backwards {found.backwards} times; another recording begins there."


def _dictionary(tree: FileTree, scheme: str) -> Mapping[str, int]:
    """Return the label of each annotation by a scheme; none for an empty annotation."""
    code_of = {row.code: label for label, row in enumerate(VARIANTS[scheme])}
    column = COLUMNS.index(scheme)
    words = read_words(tree, DICTIONARY, DICTIONARY_LAYOUT, 0)
    labels = read_labels(tree, DICTIONARY, DICTIONARY_LAYOUT, column, code_of)
    if len(words.values) < len(labels):
        raise DataFormatError(
            "an annotation stands there twice",
            where=tree.where(DICTIONARY),
            expected="each annotation once",
            todo="fetch the archive again",
        )
    return {"": NO_LABEL} | dict(zip(words.values, labels.tolist(), strict=True))


def _batches(tree: FileTree, name: str, label_of: Mapping[str, int]) -> Iterator[_AnnotatedRows]:
    done = 0
    for values, words in read_batches(tree, name, LAYOUT, range(ANNOTATION), ANNOTATION):
        unknown = [index for index, word in enumerate(words.values) if word not in label_of]
        if unknown:
            row = int(np.isin(words.indices, unknown).argmax())
            raise DataFormatError(
                f"{words.values[words.indices[row]][:80]!r} is not in {DICTIONARY}",
                where=place(tree, name, LAYOUT, done + row, ANNOTATION),
                expected="an annotation of the dictionary, letter by letter, or none",
                todo="fetch the archive again; dictionaries of other archives do not fit",
            )
        labels = np.array([label_of[word] for word in words.values], np.int16)[words.indices]
        acceleration = to_g(values[:, 1:], 1.0, tree.where(name), before=done)
        done += len(values)
        yield _AnnotatedRows(values[:, TIME], acceleration, labels)


def _pieces(batches: Iterator[_AnnotatedRows]) -> Iterator[_AnnotatedRows]:
    """Yield rows of rising time, an hour or less at a time; those that repeat a time are left out.

    A piece ends where the time runs backwards.
    """
    held: list[_AnnotatedRows] = []
    before_us = -np.inf
    for batch in filter(len, batches):
        steps = np.diff(batch.time_us, prepend=before_us)
        before_us = batch.time_us[-1]
        kept = steps != 0
        rows = _AnnotatedRows(batch.time_us[kept], batch.acceleration[kept], batch.labels[kept])
        backwards = np.flatnonzero(steps[kept] < 0).tolist()
        for start, stop in pairwise([0, *backwards, len(rows)]):
            if start in backwards and held:
                yield _joined(held)
                held = []
            held += [rows.part(start, stop)] if stop > start else []
            while sum(map(len, held)) >= SAMPLES_OF_A_RECORDING:
                piece = _joined(held)
                yield piece.part(0, SAMPLES_OF_A_RECORDING)
                rest = piece.part(SAMPLES_OF_A_RECORDING, None)
                held = [rest] if len(rest) else []
    if held:
        yield _joined(held)


def _joined(pieces: list[_AnnotatedRows]) -> _AnnotatedRows:
    return _AnnotatedRows(
        np.concatenate([piece.time_us for piece in pieces]),
        np.concatenate([piece.acceleration for piece in pieces]),
        np.concatenate([piece.labels for piece in pieces]),
    )


SPEC = DatasetSpec(
    name="capture24",
    title="CAPTURE-24: annotated days of wrist acceleration",
    licence="CC BY 4.0",
    citation="S. Chan et al.: CAPTURE-24: A large dataset of wrist-worn activity tracker data "
    "collected in the wild for human activity recognition. Scientific Data 11, 1135, 2024.",
    home="https://ora.ox.ac.uk/objects/uuid:99d7c092-d865-4a19-b096-cc16440cd001",
    rate_hz=100.0,
    unit="g",
    subjects=len(PEOPLE),
    placements=("dominant_wrist",),
    variants=VARIANTS,
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS[:1]), read, BackwardsTime, _missing, _notes),
    columns="time, x, y, z, annotation; annotation and label:… of the dictionary",
    files=(
        PublishedFile(
            DICTIONARY, "d90c949724aad7e25c884bfa1fdd7eee8e5a1b56c1c34f60e2849c5d3124d34a", 31_220
        ),
        *(PublishedFile(f"P{number:03d}.csv.gz") for number in PEOPLE),
    ),
    archives=("capture24.zip",),
    downloads=(
        Download(
            "capture24.zip",
            (
                "https://ora.ox.ac.uk/objects/uuid:99d7c092-d865-4a19-b096-cc16440cd001/files/"
                "rpr76f381b",
            ),
            "69740c22d3e000367988373336dc6486c10fe3f3f929811fd66e4d84861e40e2",
            6_902_652_480,
        ),
    ),
    details=DETAILS,
    traps=TRAPS,
)
