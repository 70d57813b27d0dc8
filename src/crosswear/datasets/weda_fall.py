"""WEDA-FALL: falls and everyday movements of young and elderly people, with a watch.

Source: the publisher's README; what `TRAPS` says was measured on the published files (commit
392c0bf of the repository).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, STANDARD_GRAVITY, Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import place, read_numbers, read_words
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import ActivityClass, DatasetSpec, ReadOptions
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

FALL_TIMES = "dataset/fall_timestamps.csv"
PATTERNS = (
    "dataset/40Hz/[DF]??/U??_R??_accel.csv",
    "dataset/10Hz/[DF]??/U??_R??_accel.csv",
    FALL_TIMES,
)
NAME = re.compile(
    r"dataset/40Hz/(?P<code>D0[1-9]|D1[01]|F0[1-8])/(?P<person>U\d\d)_(?P<trial>R\d\d)_accel\.csv"
)
LAYOUT = TextLayout(
    columns=4, header=("accel_time_list", "accel_x_list", "accel_y_list", "accel_z_list")
)
FALL_LAYOUT = TextLayout(columns=3, header=("filename", "start_time", "end_time"))
RECORDINGS = 969
RATE_HZ = 49.7
LEAST_HZ, MOST_HZ = 45.0, 55.0
"""The published files have 48.2 to 50.9 Hz from their first time stamp to their last one."""
LONGEST_STEP_S = 0.5
"""The longest one in the published files is 0.42 s, a late message."""
EVERY = 5
"""Of the rows at 50 Hz, the files of 10 Hz hold every fifth, and those of 40 Hz the others."""
DAILY = tuple(
    ActivityClass(f"D{number:02d}", name)
    for number, name in enumerate(
        (
            "walking",
            "jogging",
            "walking up and down stairs",
            "sitting down, waiting and getting up",
            "half rising and collapsing into a chair",
            "crouching to tie shoes",
            "stumbling while walking",
            "jumping gently",
            "hitting a table",
            "clapping",
            "opening and closing a door",
        ),
        start=1,
    )
)
FALLS = tuple(
    ActivityClass(f"F{number:02d}", f"falling {name}")
    for number, name in enumerate(
        (
            "forward after a slip",
            "sideways after a slip",
            "backward after a slip",
            "forward after a trip",
            "backward while sitting down",
            "forward from a chair",
            "backward from a chair",
            "sideways from a chair",
        ),
        start=1,
    )
)
ONE_FALL = "one-fall"
VARIANTS = {"default": DAILY + FALLS, ONE_FALL: (*DAILY, ActivityClass("F", "falling"))}
DETAILS = """\
`git clone https://github.com/joaojtmarques/WEDA-FALL` in the folder `DATA` gets the files. The
class table `one-fall` counts the eight kinds of fall as one class.
"""
TRAPS = (
    "In the folder 50Hz, 325 of the 350 falls are copies of the files at 40 Hz, and all everyday "
    "movements are at 50 Hz: the rate gives the class away, and these falls are stretched by a "
    "quarter. The folders 40Hz and 10Hz together hold every row at 50 Hz, four of the one, then "
    "one of the other: the recordings are put together from them.",
    "The time stamps are of delivery, not of measurement: five rows within 10 ms, then none for "
    "100 ms. The rows are taken as even, at 49.7 Hz. Rows of 24 files are out of order and are "
    "sorted by their time stamps.",
    "A file of a fall also holds the walking or sitting before it and the lying after it. Only "
    "the time in fall_timestamps.csv, set by hand and 3 s for the most part, is labelled as the "
    "fall: less than a window of 4 s.",
    "U01 to U14 are 20 to 46 years old and performed everything; U21 to U31 are 77 to 95 years "
    "old and performed D01, D03, D04, D09, D10 and D11 alone (three of them without D03): age and "
    "activity go together.",
    "The signal is clipped at 39.2 m/s² (4 g), which falls reach, and has steps of 0.1 m/s².",
    "The files do not say on which wrist the watch was.",
)


@dataclass
class Unsorted(PartFindings):
    """Number of recordings with rows out of order."""

    unsorted: int = 0


def read(
    tree: FileTree, options: ReadOptions, names: Names, found: Unsorted
) -> Iterator[Recording]:
    """Yield one recording for every trial."""
    label_of = {row.code: label for label, row in enumerate(VARIANTS[options.variant])}
    times = _fall_times(tree) if any("/F" in name for name in names) else {}
    for name in names:
        match = NAME.fullmatch(name)
        if match is None:
            raise DataFormatError(
                "the name does not say which movement, who and which trial",
                where=tree.where(name),
                expected="D01 to D11 or F01 to F08, then Uuu_Rrr_accel.csv",
                todo="take the file away, or rename it as the publisher does",
            )
        code, trial = match["code"], f"{match['person']}_{match['trial']}"
        values = _at_50_hz(tree, name)
        found.unsorted += int((np.diff(values[:, 0]) < 0).any())
        values = values[np.argsort(values[:, 0], kind="stable")]
        _check_rate(tree, name, values[:, 0])
        is_fall = code.startswith("F")
        label = label_of["F" if is_fall and options.variant == ONE_FALL else code]
        labels = np.full(len(values), label, np.int16)
        if is_fall:
            start, end = _time_of(tree, times, f"{code}/{trial}")
            labels[(values[:, 0] < start) | (values[:, 0] > end)] = NO_LABEL
        yield Recording(
            acceleration=to_g(values[:, 1:], STANDARD_GRAVITY, tree.where(name)),
            rate_hz=RATE_HZ,
            labels=labels,
            subject=match["person"],
            session=f"{code}_{match['trial']}",
            placement=options.placement,
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < RECORDINGS:
        yield f"{RECORDINGS - len(names)} of {RECORDINGS} recordings are not there."


def _notes(_: FileTree, _options: ReadOptions, found: Unsorted) -> Iterator[str]:
    if found.unsorted:
        yield f"The rows of {found.unsorted} recordings are out of order and were sorted by time."


def _at_50_hz(tree: FileTree, name: str) -> NDArray[np.float64]:
    """Return time (s), x, y and z [T, 4] of a trial, from its files at 40 and at 10 Hz."""
    tenth = name.replace("/40Hz/", "/10Hz/")
    parts = []
    for file in (name, tenth):
        part = read_numbers(tree, file, LAYOUT, range(4))
        missing = np.flatnonzero(np.isnan(part[:, 0]))
        if len(missing):
            raise DataFormatError(
                "no time stamp",
                where=place(tree, file, LAYOUT, int(missing[0]), 0),
                expected="seconds",
                todo="fetch the file again",
            )
        parts.append(part)
    rows = len(parts[0]) + len(parts[1])
    is_fifth = np.arange(rows) % EVERY == EVERY - 1
    if is_fifth.sum() != len(parts[1]):
        raise DataFormatError(
            f"{len(parts[1])} rows, and {len(parts[0])} in the file of 40 Hz",
            where=tree.where(tenth),
            expected="one row for every four at 40 Hz",
            todo="fetch both files again",
        )
    values = np.empty((rows, 4))
    values[~is_fifth], values[is_fifth] = parts
    return values


def _check_rate(tree: FileTree, name: str, time_s: NDArray[np.float64]) -> None:
    span_s = float(time_s[-1] - time_s[0])
    rate_hz = (len(time_s) - 1) / span_s if span_s > 0 else np.inf
    longest_s = float(np.diff(time_s).max(initial=0.0))
    if not LEAST_HZ <= rate_hz <= MOST_HZ or longest_s > LONGEST_STEP_S:
        raise DataFormatError(
            f"{len(time_s)} rows in {span_s:.3g} s, with steps of up to {longest_s:.3g} s",
            where=tree.where(name),
            expected=f"{LEAST_HZ:g} to {MOST_HZ:g} rows a second, together with the file of 10 Hz, "
            f"and steps of at most {LONGEST_STEP_S:g} s",
            todo="fetch both files again",
        )


def _fall_times(tree: FileTree) -> Mapping[str, tuple[float, float]]:
    """Return start and end (s) of every fall, by movement and trial."""
    numbers = read_numbers(tree, FALL_TIMES, FALL_LAYOUT, (1, 2))
    words = read_words(tree, FALL_TIMES, FALL_LAYOUT, 0)
    times: dict[str, tuple[float, float]] = {}
    for row, (index, (start, end)) in enumerate(zip(words.indices, numbers.tolist(), strict=True)):
        trial = words.values[index]
        if trial in times or not start < end:
            raise DataFormatError(
                f"{trial[:40]!r} has two lines" if trial in times else "no start before an end",
                where=place(tree, FALL_TIMES, FALL_LAYOUT, row, 0),
                expected="one line for each fall, with its start and end in seconds",
                todo="fetch the file again",
            )
        times[trial] = start, end
    return times


def _time_of(
    tree: FileTree, times: Mapping[str, tuple[float, float]], trial: str
) -> tuple[float, float]:
    if trial not in times:
        raise DataFormatError(
            f"no line of {trial}",
            where=tree.where(FALL_TIMES),
            expected="start and end of every fall",
            todo="fetch the file again, or take the recording away",
        )
    return times[trial]


SPEC = DatasetSpec(
    name="weda_fall",
    title="WEDA-FALL: Wrist Elderly Daily Activity and Fall Dataset",
    licence="none stated; cite the publication",
    citation="J. Marques, P. Moreno: Online Fall Detection Using Wrist Devices. Sensors 23(3), "
    "1146, 2023.",
    home="https://github.com/joaojtmarques/WEDA-FALL",
    rate_hz=RATE_HZ,
    unit="m/s²",
    subjects=25,
    placements=("wrist",),
    variants=VARIANTS,
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS[:1]), read, Unsorted, _missing, _notes),
    columns="accel_time_list (s, for the order and the falls), accel_x_list, accel_y_list, "
    "accel_z_list; filename, start_time, end_time of fall_timestamps.csv",
    folders=("WEDA-FALL", "WEDA-FALL-main"),
    details=DETAILS,
    traps=TRAPS,
)
