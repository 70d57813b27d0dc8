"""HHAR (UCI 344), the watches: six activities of nine people, with four watches of two models.

Source: the publisher's readme, and 10,000 published rows of one watch, on which was measured what
`TRAPS` says; not checked on the whole file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, STANDARD_GRAVITY, Recording
from crosswear.core.texts import Note
from crosswear.datasets.published_text import check_rate, place, read_labels, read_numbers
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    PublishedFile,
    ReadOptions,
    from_uci,
)
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

FILE = "Watch_accelerometer.csv"
LAYOUT = TextLayout(
    columns=10,
    header=(
        *("Index", "Arrival_Time", "Creation_Time", "x", "y", "z"),
        *("User", "Model", "Device", "gt"),
    ),
)
ARRIVAL, CREATION, USER, DEVICE, ACTIVITY = 1, 2, 6, 8, 9
USERS = tuple("abcdefghi")
RATES_HZ = {"gear_1": 100.0, "gear_2": 100.0, "lgwatch_1": 200.0, "lgwatch_2": 200.0}
RESTART_S = 60.0
"""A clock that falls by more was restarted; rows out of order fall by 2 s at most."""
ASLEEP_S = 1.0
"""While the arrival goes on by this much more than the clock of the watch, the watch slept."""
NULL = "null"
CLASSES = (
    ActivityClass("bike", "biking"),
    ActivityClass("sit", "sitting"),
    ActivityClass("stand", "standing"),
    ActivityClass("walk", "walking"),
    ActivityClass("stairsup", "walking upstairs"),
    ActivityClass("stairsdown", "walking downstairs"),
)
DETAILS = """\
The files of UCI hold another archive, `Activity recognition exp.zip`, which is read without
unpacking it. Its sha256 is known, that of the file in it is not, and `crosswear data verify` does
not compare it: `d4c0c53b195b523859bf71f5a349d164c7a604a321ff6b0972fbed6e03b46582`.

Two things are reconstructed, for no published row of the model `lgwatch` was at hand: its creation
time is taken as nanoseconds, and its rate as 200 Hz. A stream whose time stamps are more than 20 %
off the rate of its model is an error.
"""
TRAPS = (
    "The creation time counts nanoseconds of the watch's own clock, which stops while the watch "
    "sleeps: in 539 s of one watch the arrival goes on by 441 s in 27 sleeps, for most of which "
    "the creation time has a step of 1 to 40 ms. A reader of the creation time alone joins what "
    "lies up to 37 s apart. Where the arrival goes on by more than 1 s beyond the clock, there is "
    "a gap.",
    "Rows are out of order by up to 2 s, and some stand there twice. The rows of a person and "
    "device are sorted by creation time, and of rows with one creation time the first is kept.",
    "The clocks of the devices differ, and the arrival is the time of delivery, in packets.",
    "The rates are nominally 100 Hz (gear) and 200 Hz (lgwatch).",
    "A person wears several watches at a time: each is a recording, and the movement is the same. "
    "On which arm a watch was, the files do not say.",
    "The word null is a label, of transitions between activities; many readers of tables take it "
    "for an empty cell.",
    "Watches are often asleep where the wearer is still: little is left of standing and sitting.",
)


@dataclass(frozen=True, eq=False)
class _WatchRows:
    """Some rows of the file: [T] each, acceleration [T, 3] in g."""

    arrival_s: NDArray[np.float64]
    creation_s: NDArray[np.float64]
    acceleration: NDArray[np.float32]
    labels: NDArray[np.int16]
    stream: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, kept: NDArray[np.int64]) -> _WatchRows:
        """Return some of the rows, by their places."""
        return _WatchRows(*(getattr(self, one.name)[kept] for one in fields(self)))


def read(tree: FileTree, options: ReadOptions, note: Note) -> Iterator[Recording]:
    """Yield one recording for every person and watch, or more if the watch was restarted."""
    (name,) = require(tree, (FILE,))
    table = _table(tree, name)
    people = len(np.unique(table.stream // len(RATES_HZ)))
    if people < len(USERS):
        note(f"{people} of {len(USERS)} people are there.")
    kept, sleeps = 0, []
    for number in np.unique(table.stream).tolist():
        person, watch = USERS[number // len(RATES_HZ)], [*RATES_HZ][number % len(RATES_HZ)]
        rows = table.rows(np.flatnonzero(table.stream == number))
        for part, piece in enumerate(_sorted_pieces(rows), start=1):
            check_rate(
                piece.creation_s,
                RATES_HZ[watch],
                f"{tree.where(name)}, user {person}, device {watch}",
            )
            kept += len(piece)
            asleep_s = _asleep_s(piece)
            sleeps += asleep_s[asleep_s > 0].tolist()
            yield Recording(
                acceleration=piece.acceleration,
                rate_hz=RATES_HZ[watch],
                labels=piece.labels,
                subject=person,
                session=watch if part == 1 else f"{watch}-{part}",
                placement=options.placement,
                time_s=piece.creation_s - piece.creation_s[0] + np.cumsum(asleep_s),
            )
    if kept < len(table):
        note(f"{len(table) - kept} rows repeat a time stamp of their watch and are left out.")
    if sleeps:
        note(f"Watches slept {len(sleeps)} times, {sum(sleeps):.0f} s in all; there are gaps.")


def _table(tree: FileTree, name: str) -> _WatchRows:
    values = read_numbers(tree, name, LAYOUT, (ARRIVAL, CREATION, 3, 4, 5))
    missing = np.argwhere(np.isnan(values[:, :2]))
    if len(missing):
        row, column = missing[0].tolist()
        raise DataFormatError(
            "no time stamp",
            where=place(tree, name, LAYOUT, row, (ARRIVAL, CREATION)[column]),
            expected="milliseconds of arrival and nanoseconds of creation",
            todo="fetch the file again",
        )
    user = read_labels(tree, name, LAYOUT, USER, _places(USERS), "person")
    device = read_labels(tree, name, LAYOUT, DEVICE, _places(RATES_HZ), "watch")
    label_of = _places(activity.code for activity in CLASSES) | {NULL: NO_LABEL}
    first = values[:, :2].min(axis=0)  # subtracted before the division: nanoseconds have 19 digits
    return _WatchRows(
        arrival_s=(values[:, 0] - first[0]) / 1e3,
        creation_s=(values[:, 1] - first[1]) / 1e9,
        acceleration=to_g(values[:, 2:], STANDARD_GRAVITY, tree.where(name)),
        labels=read_labels(tree, name, LAYOUT, ACTIVITY, label_of),
        stream=user * len(RATES_HZ) + device,
    )


def _sorted_pieces(rows: _WatchRows) -> Iterator[_WatchRows]:
    """Yield the rows of a watch between restarts, sorted by its clock, each of its times once."""
    restarts = np.flatnonzero(np.diff(rows.creation_s) < -RESTART_S) + 1
    for piece in np.split(np.arange(len(rows)), restarts):
        yield rows.rows(piece[np.unique(rows.creation_s[piece], return_index=True)[1]])


def _asleep_s(rows: _WatchRows) -> NDArray[np.float64]:
    """Return for each row [T] how long the watch slept before it, 0 if it did not."""
    arrival_s, creation_s = rows.arrival_s, rows.creation_s
    beyond = np.diff(arrival_s, prepend=arrival_s[0]) - np.diff(creation_s, prepend=creation_s[0])
    return np.where(beyond > ASLEEP_S, beyond, 0.0)


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


SPEC = DatasetSpec(
    name="hhar",
    title="Heterogeneity Dataset for Human Activity Recognition (the watches)",
    licence="CC BY 4.0",
    citation="A. Stisen, H. Blunck, S. Bhattacharya, T. S. Prentow, M. B. Kjærgaard, A. Dey, "
    "T. Sonne, M. M. Jensen: Smart Devices are Different: Assessing and Mitigating Mobile Sensing "
    "Heterogeneities for Activity Recognition. SenSys 2015.",
    home="https://archive.ics.uci.edu/dataset/344/heterogeneity+activity+recognition",
    rate_hz=100.0,
    other_rates_hz=(200.0,),
    unit="m/s²",
    subjects=len(USERS),
    placements=("wrist",),
    variants={"default": CLASSES},
    patterns=(FILE,),
    read=read,
    columns="Arrival_Time (ms), Creation_Time (ns), x, y, z, User, Device, gt",
    files=(PublishedFile(FILE),),
    archives=("heterogeneity+activity+recognition.zip", "Activity recognition exp.zip"),
    folders=("Activity recognition exp",),
    downloads=(from_uci(344, "heterogeneity+activity+recognition.zip"),),
    details=DETAILS,
    traps=TRAPS,
)
