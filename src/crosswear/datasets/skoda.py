"""Skoda Mini Checkpoint: gestures of one worker at a car, with ten accelerometers on each arm.

Source: the publisher's description of 2010 with its figure of the sensors, and published readers;
not checked on the published files.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.core.texts import Note
from crosswear.datasets.matlab import read_matrices
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    Download,
    PublishedFile,
    ReadOptions,
)
from crosswear.datasets.tree import FileTree, require

FILES = {arm: f"{arm}_classall_clean.mat" for arm in ("right", "left")}
PATTERNS = tuple(FILES.values())
SENSORS = {
    "right": (2, 27, 16, 1, 29, 18, 14, 22, 24, 21),
    "left": (17, 25, 23, 3, 28, 19, 31, 26, 20, 30),
}
"""Ids of each arm's sensors from the wrist upwards; the figure does not show 30."""
COLUMNS, SLOT_COLUMNS = 71, 7
"""A label, then for each sensor its id, x, y, z calibrated and x, y, z raw."""
MILLI_G = 1000.0
NULL_CODE = 32
CLASSES = tuple(
    ActivityClass(str(code), name)
    for code, name in enumerate(
        (
            "writing on a notepad",
            "opening the hood",
            "closing the hood",
            "checking gaps at the front door",
            "opening the left front door",
            "closing the left front door",
            "closing both left doors",
            "checking gaps at the trunk",
            "opening and closing the trunk",
            "checking the steering wheel",
        ),
        start=48,
    )
)
TRAPS = (
    "The first column of each sensor is its id, not x: readers that take columns 2 to 4 of the "
    "file as x, y, z train on a constant. Sensors are looked up by id here, and an id column that "
    "is not constant is an error.",
    "The publisher's figure shows sensor 2 at the right wrist (27 just above it, on the inner "
    "side) and 17 at the left wrist (25 above it); 16, 1, 29 and 23, 3, 28 are on the forearms, "
    "the others at elbow and upper arm, and 30 is not shown. The publisher warns that the "
    "numbering of the sensors has been partially lost: the arm of a stream is certain, its place "
    "on the arm is not.",
    "Calibrated values are in milli-g, by the publisher's description of 2010.",
    "The files of both arms differ in length, and their samples do not belong together.",
    "There is one subject: a split by subject is impossible, it is made by occurrence.",
    "The rate is about 98 Hz; there are no time stamps.",
)


def read(tree: FileTree, options: ReadOptions, note: Note) -> Iterator[Recording]:
    """Yield the recording of one sensor; the files of both arms are checked."""
    arm, _, number = options.placement.partition("_")
    names = require(tree, PATTERNS)
    if FILES[arm] not in names:
        raise MissingDataError(
            f"the file of the {arm} arm is missing",
            where=tree.where(FILES[arm]),
            expected=" and ".join(FILES.values()),
            todo=f"fetch it, or choose a placement other than {options.placement}",
        )
    for side, name in FILES.items():
        if name not in names:
            note(f"The file of the {side} arm is not there.")
            continue
        variable = f"{side}_classall_clean"
        data = read_matrices(tree, name, {variable: COLUMNS})[variable]
        where = f"{tree.where(name)}, variable {variable!r}"
        slots = _slots(data, side, where)
        labels = _labels(data[:, 0], where)
        if side == arm:
            first = slots[int(number)] + 1
            yield Recording(
                acceleration=to_g(data[:, first : first + 3], MILLI_G, tree.where(name)),
                rate_hz=SPEC.rate_hz,
                labels=labels,
                subject="subject1",
                session=arm,
                placement=options.placement,
            )


def _slots(data: NDArray[np.float64], arm: str, where: str) -> dict[int, int]:
    """The 0-based column of every sensor's id, by id."""
    columns = range(1, COLUMNS, SLOT_COLUMNS)
    ids = data[:, columns]
    # Written so that NaN counts as another id, too.
    varies = (~(ids == ids[0])).any(axis=0)
    if varies.any():
        column = columns[int(varies.argmax())]
        raise DataFormatError(
            f"sensor ids vary: {data[:, column].min():g} to {data[:, column].max():g}",
            where=f"{where}, column {column + 1}",
            expected="the id of one sensor in every row: it comes before the sensor's x, y, z",
            todo="fetch the publisher's file; in this one, columns are missing or shifted, as "
            "where an id was taken for an acceleration",
        )
    if sorted(ids[0]) != sorted(SENSORS[arm]):
        raise DataFormatError(
            f"the sensors are {', '.join(f'{one:g}' for one in ids[0])}",
            where=f"{where}, columns {', '.join(str(column + 1) for column in columns)}",
            expected=f"the sensors of the {arm} arm: {', '.join(map(str, sorted(SENSORS[arm])))}",
            todo="check that the files of the arms are not exchanged, or fetch them again",
        )
    return {int(data[0, column]): column for column in columns}


def _labels(codes: NDArray[np.float64], where: str) -> NDArray[np.int16]:
    first = int(CLASSES[0].code)
    wrong = np.flatnonzero(~np.isin(codes, (NULL_CODE, *range(first, first + len(CLASSES)))))
    if len(wrong):
        raise DataFormatError(
            f"{codes[wrong[0]]:g} is not a label",
            where=f"{where}, sample {wrong[0] + 1}, column 1",
            expected=f"{NULL_CODE}, or a whole number from {first} to {first + len(CLASSES) - 1}",
            todo="fetch the file again",
        )
    labels = codes.astype(np.int16) - np.int16(first)
    labels[codes == NULL_CODE] = NO_LABEL
    return labels


SPEC = DatasetSpec(
    name="skoda",
    title="Skoda Mini Checkpoint",
    licence="free for publications that cite Zappi et al. (EWSN 2008)",
    citation="P. Zappi, C. Lombriser, T. Stiefmeier, E. Farella, D. Roggen, L. Benini, G. Tröster: "
    "Activity Recognition from On-Body Sensors: Accuracy-Power Trade-Off by Dynamic Sensor "
    "Selection. EWSN 2008.",
    home="http://har-dataset.org/doku.php?id=wiki:dataset",
    rate_hz=98.0,
    unit="milli-g",
    subjects=1,
    placements=tuple(f"{arm}_{number}" for arm in FILES for number in SENSORS[arm]),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=read,
    columns="1 label, then for each sensor its id, and x, y, z calibrated",
    files=tuple(PublishedFile(path) for path in FILES.values()),
    archives=("skodaminicp_2015_08.zip", "SkodaMiniCP_2015_08.zip"),
    folders=("SkodaMiniCP_2015_08",),
    downloads=(
        Download(
            "skodaminicp_2015_08.zip",
            (
                "http://har-dataset.org/lib/exe/fetch.php"
                "?media=wiki:dataset:skodaminicp:skodaminicp_2015_08.zip",
            ),
        ),
    ),
    traps=TRAPS,
)
