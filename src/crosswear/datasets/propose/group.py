"""Choice of the files of a folder that are the recordings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.core.texts import counted
from crosswear.datasets.tree import FolderTree, reading, table_file
from crosswear.tables.at_rest import reading_of
from crosswear.tables.guess import FALLBACK_HZ, Stated, conclude
from crosswear.tables.sampled import Sample, sample
from crosswear.tables.scale import unit_read
from crosswear.tables.sensor_columns import Sensor
from crosswear.tables.sniffing import SUFFIXES, TableFormat, read_head, sniff
from crosswear.tables.text import NOT_UTF8, split_ending
from crosswear.tables.vectors import MAGNITUDE

SAMPLED_FILES = 8
MOST_FILES = 20_000

_SENSOR = re.compile(
    r"acc|gyr|mag|grav|orient|rotat|ppg|bvp|eda|temp|ibi|meta|annotation|baro|light|heart",
    re.IGNORECASE,
)
_AT_REST = 2  # score of files that rest at one g of a known unit
_WRIST = re.compile(r"wrist|watch|hand|arm|band|bracelet", re.IGNORECASE)
_BODY = re.compile(r"phone|pocket|hip|waist|thigh|chest|ankle|foot|head|back|leg", re.IGNORECASE)
_RAW = re.compile(r"uncalib", re.IGNORECASE)
_NOTHING_ELSE = re.compile(
    r"(acceleration|accelerometer|accel|acc|gyroscope|gyro|magnetometer|mag|gravity|orientation|"
    r"total|linear|user|raw|uncalibrated|calibrated|watch|phone|wrist|data|[ _-])+"
)


@dataclass(frozen=True, eq=False)
class Group:
    """Files that one `dataset.toml` can describe.

    Attributes:
        names: of all of them, sorted.
        others: the other tables of the folder.
        layout: of their columns.
        rates_hz: rates written above the numbers.
        samples: the beginning of some of them, by name.
        notes: what was left out, one sentence each.
        rivals: a file of each other kind that is as likely to be the acceleration.
        unnamed: those of the files that have no header, while others have one.
    """

    names: tuple[str, ...]
    others: tuple[str, ...]
    layout: TableFormat
    rates_hz: tuple[float, ...]
    samples: Mapping[str, Sample]
    notes: tuple[str, ...]
    rivals: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()


def choose_group(
    tree: FolderTree, patterns: Sequence[str] | None, placement: str | None = None
) -> Group:
    """Return the files of a folder that hold acceleration, all of one layout.

    Args:
        tree: the folder.
        patterns: glob patterns of the files to look at; all tables, if None.
        placement: where the sensor was, if that is known.

    Raises:
        MissingDataError: if there is no folder or no file.
        DataFormatError: if none looks like a table of acceleration.
    """
    there = tree.entries()
    if isinstance(patterns, str):
        patterns = [patterns]
    names = sorted({name for pattern in patterns or ["**/*"] for name in tree.glob(pattern)})
    names = [name for name in names if name.lower().endswith(SUFFIXES)]
    if not names or len(names) > MOST_FILES:
        raise MissingDataError(
            f"{len(names)} files are named {' or '.join('*' + one for one in SUFFIXES)}",
            where=str(tree.root),
            expected=f"from 1 to {MOST_FILES} tables",
            todo="unpack the .zip files, each into a folder of its own name"
            if any(tree.glob("**/*.zip"))
            else f"check the path; it holds {', '.join(there[:5]) or 'nothing'}",
        )
    every = set(names)
    # The same recording twice would be in training and in testing.
    packed = [name for name in names if _unpacked(name) in every]
    names = sorted(every.difference(packed))
    layouts: dict[str, TableFormat] = {}
    utf16 = ""
    foreign = None
    for name in names:
        head = read_head(table_file(tree, name), rows=False)
        utf16 = utf16 or name * head.is_utf16
        foreign = foreign or head.foreign
        if (found := sniff(head)) is not None:
            layouts[name] = found
    kinds: dict[tuple[TableFormat, str], list[str]] = {}
    for name, layout in layouts.items():
        kinds.setdefault((replace(layout, rate_hz=None), _sensor(name)), []).append(name)
    unnamed = _join_unnamed(kinds)
    scored = [(_score(tree, group, layout, word), group) for (layout, word), group in kinds.items()]
    if foreign is not None and not scored:
        raise foreign
    if not scored or max(scored)[0][0] == 0:
        seen = f"{utf16!r} is in UTF-16" if utf16 else _columns_of(layouts)
        raise DataFormatError(
            f"none of {len(names)} files looks like a table with three columns of acceleration"
            f" ({seen or 'none is a table of three columns or more'})",
            where=str(tree.root),
            expected="CSV or Parquet in UTF-8, a row for each sample, with numbers in x, y and z",
            todo="convert the files, or write a dataset.toml by hand",
        )
    chosen, rivals = _most_likely(scored, placement)
    for name in (chosen[0], *rivals):
        if any("\ufffd" in str(column) for column in layouts[name].names):
            raise layouts[name].dialect.failure(table_file(tree, name), NOT_UTF8)
    without = unnamed.get(chosen[0], [])
    named, chosen = chosen, sorted({*chosen, *without})
    others = [name for name in names if name not in set(chosen)]
    columns = layouts[named[0]].names
    rates = {rate for name in chosen if (rate := layouts[name].rate_hz) is not None}
    left = counted(len(others), "other table is left out", "other tables are left out")
    notes = [f"{left}, such as {name!r}." for name in others[:1]]
    notes += [f"{name!r} is left out: {_unpacked(name)!r} lies beside it." for name in packed[:3]]
    if len(packed) > 3:
        notes.append(f"So are {len(packed) - 3} more packed files beside unpacked ones.")
    return Group(
        names=tuple(chosen),
        others=(*others, *packed),
        layout=layouts[named[0]],
        rates_hz=tuple(sorted(rates)),
        samples={name: _named(tree, name, layouts[name], columns) for name in _some(chosen)},
        notes=tuple(notes),
        rivals=() if patterns else rivals,
        unnamed=tuple(without),
    )


def _join_unnamed(kinds: dict[tuple[TableFormat, str], list[str]]) -> dict[str, list[str]]:
    """Take files without a header from the kinds, if those of one other kind are like them.

    Of files that differ only in whether the first line is cut, one kind is made.

    Returns:
        the files without a header, by the first file that has one.
    """
    for (layout, word), names in list(kinds.items()):
        dialect = layout.dialect
        if dialect.skip_lines == 1 and not dialect.has_header:  # maybe a line that is cut
            whole = replace(layout, dialect=replace(dialect, skip_lines=0)), word
            if whole in kinds:
                kinds[whole] = sorted([*kinds[whole], *names])
                del kinds[layout, word]
    found: dict[str, list[str]] = {}
    for (layout, word), names in list(kinds.items()):
        like = [
            group
            for (other, its), group in kinds.items()
            if its == word and _names_columns_of(other, layout)
        ]
        if len(like) == 1:
            found.setdefault(like[0][0], []).extend(names)
            del kinds[layout, word]
    return found


def _names_columns_of(named: TableFormat, layout: TableFormat) -> bool:
    """Return whether a layout has names for the columns of another one, which has none."""
    one, other = named.dialect, layout.dialect
    return (
        one.has_header
        and bool(other.separator)
        and not other.has_header
        and len(named.names) == len(layout.names)
        and (one.separator, one.decimal) == (other.separator, other.decimal)
        # A logger that was started in the middle of a line has a broken one above the others.
        and other.skip_lines <= one.skip_lines + 1
    )


def _most_likely(
    scored: Sequence[tuple[tuple[int, int, int], list[str]]], placement: str | None
) -> tuple[list[str], tuple[str, ...]]:
    """Return the files of the most likely kind, and one of each kind that is as likely.

    Kinds that rest at one g are rivals: of a phone and a watch, the one that the placement names
    is taken.
    """
    at_rest = [one for one in scored if one[0][1] >= _AT_REST]
    if len(at_rest) < 2:
        return max(scored)[1], ()
    ranked = sorted(at_rest, key=lambda one: (_names(one[1], placement), one[0]), reverse=True)
    first = _names(ranked[0][1], placement)
    rivals = [names for _, names in ranked[1:] if _names(names, placement) == first]
    plain = [one for one in (ranked[0][1], *rivals) if not _RAW.search(_base(one[0]))]
    if len(plain) == 1:  # the same sensor before its calibration
        return plain[0], ()
    return ranked[0][1], tuple(names[0] for names in rivals)


def _names(names: Sequence[str], placement: str | None) -> int:
    """Return 1 if the names of files fit a placement, -1 if they fit another one, else 0."""
    if placement is None:
        return 0
    here = 0 if _WRIST.search(placement) else 1
    fits = [bool(one.search(_base(names[0]))) for one in (_WRIST, _BODY)]
    return int(fits[here]) - int(fits[1 - here])


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _unpacked(name: str) -> str:
    """Return what a packed file is called unpacked; an empty text if it is not packed."""
    return name[:-3] if name.lower().endswith(".gz") else ""


def _sample(tree: FolderTree, name: str, layout: TableFormat) -> Sample:
    return sample(read_head(table_file(tree, name), rows=True), layout)


def _named(
    tree: FolderTree, name: str, layout: TableFormat, columns: Sequence[str | int]
) -> Sample:
    """Return the sample of a file by the names that the columns have in it, or in the others."""
    return dict(zip(columns, _sample(tree, name, layout).values(), strict=True))


def _columns_of(layouts: Mapping[str, TableFormat]) -> str:
    for name, layout in layouts.items():
        return f"{name!r} has {', '.join(repr(one)[:40] for one in layout.names[:12])}"
    return ""


def _sensor(name: str) -> str:
    """Return what the name of a file says of the sensor: all of it, if it says nothing else."""
    words = split_ending(name.rpartition("/")[2])[0].lower()
    found = _SENSOR.search(words)
    if found is None:
        return ""
    return words if _NOTHING_ELSE.fullmatch(words) else found[0].lower()


def _score(
    tree: FolderTree, names: Sequence[str], layout: TableFormat, word: str
) -> tuple[int, int, int]:
    """Return whether there are candidates for acceleration, how likely, and how much there is."""
    try:
        samples = [_sample(tree, name, layout) for name in _some(names)[:3]]
    except DataFormatError:
        return 0, 0, 0
    found = conclude(samples, Stated())
    # Of columns with a magnitude in the place of z, the draft asks which are the axes.
    left = found.likely or [one for one, why in found.out.items() if why == MAGNITUDE]
    if not left or all(rows[one].is_empty for rows in samples for one in left[0]):
        return 0, 0, 0
    rests = any(
        (read := reading_of(samples, sensor, found.rate.hz or FALLBACK_HZ)) is not None
        and read.at_rest
        and unit_read(read) is not None
        for sensor in ([found.sensor] if found.sensor else map(Sensor, found.likely))
    )
    other_sensor = word != "" and "acc" not in word
    likely = 2 * rests - 9 * (found.refusal is not None) + ("acc" in word) - 2 * other_sensor
    size = 0
    for name in names:
        with reading(tree, name) as file:
            size += file.seek(0, 2)
    return 1, likely, size


def _some(names: Sequence[str]) -> list[str]:
    """Some of the names, evenly spread, with the first and the last."""
    if len(names) <= SAMPLED_FILES:
        return list(names)
    return [names[i * (len(names) - 1) // (SAMPLED_FILES - 1)] for i in range(SAMPLED_FILES)]
