"""WISDM 2019 (UCI 507), the watch: eighteen activities of 51 people, three minutes each.

Source: the publisher's description, the sizes and sha256 of its files as public repositories record
them, and reports of users; not checked on the published files.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import STANDARD_GRAVITY, Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import place, read_labels, read_numbers
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

FOLDER = "raw/watch/accel"
PATTERNS = (f"{FOLDER}/data_????_accel_watch.txt",)
SUBJECTS = range(1600, 1651)
LAYOUT = TextLayout(columns=7)
"""With a comma in place of the semicolon, a line ends in an empty seventh column."""
SUBJECT, LETTER, STAMP = 0, 1, 2
NOMINAL_HZ = 20.0
OTHER_RATES_HZ = (25.0, 50.0, 100.0)
RATES_HZ = np.array([NOMINAL_HZ, *OTHER_RATES_HZ])
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
# fmt: off
FILES = tuple(
    PublishedFile(f"{FOLDER}/data_{subject}_accel_watch.txt", sha256, size)
    for subject, size, sha256 in (
        (1600, 3_525_659, "7e33d2cb6ad0c9ee3afcb3d6a93fc2168b5a8f21e329afec874c95e05e5a0ed3"),
        (1601, 3_601_950, "bb25df1393cdee4976c276faf691647ab6d7bb9caa0534677f15a4a5c0e797c6"),
        (1602, 3_553_229, "7bf0d0adf65b8fa21f0d88325f26ce526ab1746fbde568305e86d31cf14f0d47"),
        (1603, 3_474_263, "758600c05e77a70517b800825c8f7ddabad5c80b112409ef50dbc93b320f9262"),
        (1604, 3_539_614, "b9d5e763b15d5a533337e90d00420d3522ce9e2c0984a48e8e31de9caba1cad5"),
        (1605, 3_520_265, "d13ce7fbd1a1976b763eed90584975a9647d96a6252f12adb988e68e806705f3"),
        (1606, 3_552_261, "4cdb2f4deb28e2ba1337102601886c32de0f734c97e28032e1820d424d6da707"),
        (1607, 3_611_704, "0a9f8cc4f2b57b7bd9d351efb564b81a4e6a5946cff2ef38b699a6f7260448f7"),
        (1608, 3_758_127, "0a3f0288f184e80bc16ed21a3764de22de26f8b28cbfbb08289dd6f0baa87f77"),
        (1609, 3_814_022, "fcb1b871cf819228a2b5ca98054eb17d5ec54e84b04343f4505d6ef7b443ad09"),
        (1610, 3_480_572, "f2ffee355de8d2d6eb7d5a8b385acc1d44e6d81cdcee8963925b8f633eb69e22"),
        (1611, 3_439_634, "4d3255b5d2860a7676701c82289df78f4ea249c4b0b36887a7abbb9544fd4c7d"),
        (1612, 3_459_368, "e2d96fdfe1fa13a66231566ea1037fe818ce8d44ce2ce81aad8e565c4950b8ea"),
        (1613, 3_552_644, "2b51c287721465cfd2e56041d870fd3711a2746af5c03d6c926ea6016cd9d683"),
        (1614, 3_499_501, "8b89f7a6b83225cb9408ff657cca2af050cd659a75276cba997784224f56cd74"),
        (1615, 3_477_295, "d4bee87f323475eb1c7d06f75d29db724427311468a4e6f4519da0b679ec4218"),
        (1616, 3_354_696, "0b2e1bb16c8ab4c2d24d5a6564330c931f708b347b0aa395dd57d28a9ccbfdb4"),
        (1617, 3_679_715, "525274f82e0a18d4d2366ce7b8a12fd3f2ed402e57d42052d2c9a4cbad03b9b7"),
        (1618, 3_338_531, "10f97d6b5d71db533addff8845925ec9e6b4ad2ad47510b35f46e9f75de56b1c"),
        (1619, 3_568_747, "f672a722c93d13eb3f8b0ce8837a7d9cf432bcbd276443bc307fdaa6dd05d6a4"),
        (1620, 3_635_066, "b82006bd177996455deba313c0576f6d76b15b0d87bd38c84a2407797ea82676"),
        (1621, 3_914_977, "f5d4d1d3dbd61b5cea06aca6159bffe9ed4e5e7d78f02bd708e58da283f2b0d3"),
        (1622, 3_471_354, "8d5accd847b07766222df60eac3206b953279204b176fd2ed29c2d46270c19ff"),
        (1623, 3_472_465, "5a7fb8d35e540b870d995d73983502d77c27cab534e7cc82bc2f3fe307047855"),
        (1624, 3_912_595, "f495f470806c30cd2ded5d691d195ab5c9a6ff8aafe6a6f90403e8ceeda45544"),
        (1625, 3_663_377, "1c9a2c54543335290605aaa15314db2692130d11f40afbd073ee7f298a5b3b4b"),
        (1626, 3_708_426, "039cf23d3cf60df03da7d47412f7852745db6c0c73066e090cc14a30d290f233"),
        (1627, 3_544_398, "61b2a321287a65e030e7b400c794fc59940c6f45bc391a2f4f18d0284c8cc295"),
        (1628, 3_799_607, "454a2cbf6b91170ddc6dd67db594c9407974288026c739cc71edd22877c438d9"),
        (1629, 7_128_788, "0ac400b7612e6f2a7e3676e7e55ebaf865d7e924f9da5c085a3f8a240724a16a"),
        (1630, 3_621_027, "47cb1d8a93851b837ee66ad1b4e1db90582d1c9543e211d9d86d89c32093155e"),
        (1631, 3_609_815, "5448d020750d4c4314d4d9283b39f4c60f5407de4c4f969704d67af7adcff331"),
        (1632, 3_414_281, "681e5de3d1f213c4b78a6fe2fca9a5cf4845a1065fb4dc4a7908e404c12fa4f9"),
        (1633, 3_546_030, "3d42cfd24a24b0475c91d089e85bd5209277cf25cbf106224ca5d25088c50585"),
        (1634, 3_470_664, "a935ac1f03e18404a2cd71ee7b58fcf1741038ebe84c8a1a4fbd72210c26d548"),
        (1635, 3_478_196, "2fbfc9888815282895e01217a043c06185e1406ed51dc1dc239f34339e6ed35b"),
        (1636, 3_502_839, "eb274e0b4f6426cf12138cd1f445efe44d7337fb5ec7dab8b42ba801ee87c622"),
        (1637, 8_190_030, "0b81452f6ecf644ee5c2be5ab7fdf45f2e0ca93b829e12d0a20961866c55cf99"),
        (1638, 8_983_376, "6dad3063c3f772e5f48b256828fdb74a1d1760e47b8d2d4fee344e22c36b04b4"),
        (1639, 8_327_815, "a568bb5c91c9dc453b48c3f41b81ad9be970eca4d92042e9d6f612bf5d363715"),
        (1640, 8_876_359, "d82e650dda0e3a79e525afe0603abc8a0dc48a7db5c46d146d7667d723281fdc"),
        (1641, 3_622_038, "0e544d693424de4555f0e99a071ea2af6c20d718b657db22254277be5c61bcb4"),
        (1642, 3_342_889, "0f8e6cfccf61a880fec626701783e7c8b5fad3b91848eed1f6a21764347423c7"),
        (1643, 3_539_297, "84d704d959d4a019e221f983089aea5042d4e8501ac19653fd5f6ea91dbc664a"),
        (1644, 3_940_189, "aa3fa2e94788a5b2bd9ea7271c5d6d7235842a3bda310d7dd33cdd6c7f540df8"),
        (1645, 3_771_329, "d93c10685c729943beb253e4321ba322b19c98ae075b8dd700e8a92b92513483"),
        (1646, 3_624_756, "0d0e5874866833fe31656d771f463f4ac62db2f593c302d0e5dfa08cd0a435c1"),
        (1647, 3_591_247, "009b281bc50bf654807276ec40d4f81a99982737892b51ca1dcc3bf248ca824f"),
        (1648, 3_610_994, "64479901c1bf1326d776f3622da32d374c6a7360f3d572a9a7b5e049908dd729"),
        (1649, 3_630_071, "bd0ec6c7875de427b3733b622b1c9b4db0182c9c5b5d767204dbf2fee9c8681c"),
        (1650, 3_705_581, "f240447653e132b2f9e2948a2b1010628a724834e0744cd7965b57bc7972ce0c"),
    )
)
# fmt: on
TRAPS = (
    "Every line ends in a semicolon; readers that keep it read z as text.",
    "There is no activity N.",
    "The time stamps are nanoseconds of a clock of the device, although the description says "
    "otherwise; phone and watch have different clocks.",
    "The rate is 20 Hz only in name: the watches of 1637 to 1640 recorded at about 50 Hz, and "
    "users report stretches at about 25 and 100 Hz. The rate of each uninterrupted stretch of an "
    "activity is taken from its time stamps, as the nearest of the four; a rate that is not within "
    "10 % of one of them is an error. A reader that assumes 20 Hz slows these movements down.",
    "The file of 1629 holds its content twice.",
    "Users report time stamps that repeat or run backwards. Of the lines of a subject with one "
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

    def size(self, name: str) -> int:
        return self.tree.size(name)

    def where(self, name: str) -> str:
        return self.tree.where(name)


@dataclass
class Oddities(PartFindings):
    """Oddities of the time stamps of some subjects.

    Attributes:
        repeated: lines that repeat the time stamp of an earlier one.
        backwards: how often the time runs backwards.
        rates_hz: rates of the recordings that have another one than the nominal.
    """

    repeated: int = 0
    backwards: int = 0
    rates_hz: list[float] = field(default_factory=list)


def read(
    tree: FileTree, options: ReadOptions, names: Names, found: Oddities
) -> Iterator[Recording]:
    """Yield one recording for every stretch of one activity in which time goes on."""
    labels = {activity.code: label for label, activity in enumerate(CLASSES)}
    for name in names:
        subject = _subject(tree, name)
        commas = _WithoutSemicolons(tree)
        values = _values(commas, name, subject)
        label = read_labels(commas, name, LAYOUT, LETTER, labels)
        acceleration = to_g(values[:, 1:], STANDARD_GRAVITY, tree.where(name))
        rows = np.sort(np.unique(values[:, 0], return_index=True)[1])
        found.repeated += len(values) - len(rows)
        time_s, label = (values[rows, 0] - values[:, 0].min()) / 1e9, label[rows]
        sessions = Counter[str]()
        for block in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(label)) + 1):
            rate_hz = _rate(time_s[block], tree.where(name), CLASSES[label[block[0]]].code)
            breaks = np.flatnonzero(np.diff(time_s[block]) < 0) + 1
            found.backwards += len(breaks)
            for run in np.split(block, breaks):
                letter = CLASSES[label[run[0]]].code
                sessions[letter] += 1
                found.rates_hz += [rate_hz] if rate_hz != NOMINAL_HZ else []
                yield Recording(
                    acceleration=acceleration[rows[run]],
                    rate_hz=rate_hz,
                    labels=label[run],
                    subject=subject,
                    session=f"{letter}{sessions[letter]}",
                    placement=options.placement,
                    time_s=time_s[run] - time_s[run[0]],
                )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < len(SUBJECTS):
        yield f"{len(names)} of {len(SUBJECTS)} subjects were found."


def _notes(_: FileTree, _options: ReadOptions, found: Oddities) -> Iterator[str]:
    if found.repeated:
        yield f"{found.repeated} lines repeat the time stamp of an earlier line and are left out."
    if found.backwards:
        yield f"The time runs backwards {found.backwards} times; another recording begins there."
    for rate_hz, count in sorted(Counter(found.rates_hz).items()):
        yield f"{count} recordings are at {rate_hz:g} Hz instead of {NOMINAL_HZ:g} Hz."


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
    other_rates_hz=OTHER_RATES_HZ,
    unit="m/s²",
    subjects=len(SUBJECTS),
    placements=("dominant_wrist",),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, Oddities, _missing, _notes),
    columns="1 subject, 2 activity, 3 time (ns), 4–6 x, y, z",
    files=FILES,
    archives=(
        "wisdm+smartphone+and+smartwatch+activity+and+biometrics+dataset.zip",
        "wisdm-dataset.zip",
    ),
    folders=("wisdm-dataset",),
    downloads=(
        from_uci(507, "wisdm+smartphone+and+smartwatch+activity+and+biometrics+dataset.zip"),
    ),
    traps=TRAPS,
)
