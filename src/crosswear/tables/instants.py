"""Texts that are instants: ISO 8601, the day or the month first, and times of day."""

from __future__ import annotations

import datetime
import re
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Order: TypeAlias = Literal["datetime", "day-first", "month-first", "time-of-day"]
"""Order of day, month and year; ``datetime`` begins with the year, as ISO 8601 does."""
ORDERS: tuple[Order, ...] = get_args(Order)
DAY_NS = 86_400_000_000_000

_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,:](?P<fraction>\d{1,9}))?)?"
    r" ?(?:(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_ZONE = r" ?(?P<zone>Z|UTC|GMT)?(?P<offset>[+-]\d\d:?\d\d)?"
_YEAR, _OTHER = r"(?P<year>\d{4})", r"\d{1,2}"
_AFTER = rf"(?:,? +|T|, ?){_CLOCK}{_ZONE}"
_PATTERNS = {
    "datetime": rf"{_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_AFTER}",
    "day-first": rf"(?P<day>{_OTHER})[-/.](?P<month>{_OTHER})[-/.]{_YEAR}{_AFTER}",
    "month-first": rf"(?P<month>{_OTHER})[-/](?P<day>{_OTHER})[-/]{_YEAR}{_AFTER}",
    "time-of-day": _CLOCK,
}
_FORMS = {order: re.compile(pattern) for order, pattern in _PATTERNS.items()}


def is_like_an_instant(cell: str) -> bool:
    """Return whether a cell has the form of an instant, in any order."""
    return any(form.fullmatch(cell) for form in _FORMS.values())


def is_instant(cell: str, order: Order, *, zone: bool) -> bool:
    """Return whether a cell is an instant, with a time zone or without."""
    found = _FORMS[order].fullmatch(cell)
    if found is None:
        return False
    part = {name: text or "0" for name, text in found.groupdict().items()}
    if found["half"] and not 1 <= int(part["hour"]) <= 12:
        return False
    try:
        datetime.time(int(part["hour"]), int(part["minute"]), int(part["second"]))
        if order != "time-of-day":
            datetime.date(int(part["year"]), int(part["month"]), int(part["day"]))
    except ValueError:
        return False
    return zone == (order != "time-of-day" and bool(found["zone"] or found["offset"]))


def has_zone(cell: str | None) -> bool:
    """Return whether a cell is an instant with a time zone, in any order."""
    found = (form.fullmatch((cell or "").strip()) for form in _FORMS.values())
    return any(
        one and (one["zone"] or one["offset"])
        for one in found
        if one and "zone" in one.re.groupindex
    )


def instants(texts: Any, order: Order) -> tuple[Any, bool]:
    """Read an Array of texts as instants.

    Args:
        texts: pyarrow Array or ChunkedArray of strings; spaces around them do not count.
        order: of day, month and year.

    Returns:
        int64 nanoseconds since 1970 in UTC, or on the clock of texts without a zone, or since
        midnight; null where a text is no such instant, or only some texts have a zone. And whether
        they have a zone.
    """
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    found = pc.extract_regex(pc.utf8_trim_whitespace(texts), f"^(?:{_PATTERNS[order]})$")
    wrong = _flags(found.is_null())
    part = {field.name: found.field(number) for number, field in enumerate(found.type)}
    hour, half = _whole(part["hour"]), _flags(pc.not_equal(part["half"], ""))
    wrong |= half & ((hour < 1) | (hour > 12))
    afternoon = _flags(pc.is_in(part["half"], pa.array(["P", "p"])))
    hour = np.where(half, hour % 12 + 12 * afternoon, hour)
    minute, second = _whole(part["minute"]), _whole(part["second"])
    wrong |= (hour > 23) | (minute > 59) | (second > 59)
    ticks = ((hour * 60 + minute) * 60 + second) * 1_000_000_000
    ticks += _whole(pc.utf8_rpad(part["fraction"], 9, "0"))
    zoned = False
    if order != "time-of-day":
        days, no_date = _days(_whole(part["year"]), _whole(part["month"]), _whole(part["day"]))
        offset = pc.replace_substring(part["offset"], ":", "")
        has_zone = _flags(pc.not_equal(pc.binary_join_element_wise(part["zone"], offset, ""), ""))
        zoned = bool(has_zone[~wrong].any())
        wrong |= no_date | (has_zone != zoned)
        minutes = _whole(offset)
        east = np.sign(minutes) * (np.abs(minutes) // 100 * 60 + np.abs(minutes) % 100)
        ticks += days * DAY_NS - east * 60_000_000_000
    return pa.array(ticks, pa.int64(), mask=wrong), zoned


def through_midnight(ticks: NDArray[Any], before: float | None, day: float) -> NDArray[Any]:
    """Return times of day as times that go on after midnight.

    Args:
        ticks: [T], since midnight.
        before: what this function returned last, for the rows before these.
        day: length of a day in ticks.
    """
    last = ticks[:1] if before is None else np.array([before % day], ticks.dtype)
    turns = np.cumsum(np.diff(ticks, prepend=last) < -day / 2)
    return np.asarray(ticks + (turns + (0 if before is None else before // day)) * day)


def orders_of(texts: Any, least: float) -> dict[Order, NDArray[np.float64]]:
    """Return the orders in which texts are instants, with seconds [T], NaN where one is none.

    Args:
        texts: Array of strings.
        least: part of the texts that must be instants.
    """
    found: dict[Order, NDArray[np.float64]] = {}
    first = next((text for text in texts.to_pylist() if text), "").strip()
    for order in ORDERS:
        if not _FORMS[order].fullmatch(first):
            continue
        ticks, _ = instants(texts, order)
        if len(ticks) and 1 - ticks.null_count / len(ticks) >= least:
            seconds = ticks.fill_null(0).to_numpy() / 1e9
            if order == "time-of-day":
                seconds = through_midnight(seconds, None, DAY_NS / 1e9)
            found[order] = np.where(_flags(ticks.is_null()), np.nan, seconds)
    return found


def _days(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return days since 1970, and which dates there are not."""
    wrong = (year < 1678) | (year > 2261) | (month < 1) | (month > 12) | (day < 1)
    months = np.where(wrong, 0, (year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(wrong, 0, day - 1)
    return days.astype(np.int64), wrong | (days.astype("datetime64[M]") != months)


def _whole(texts: Any) -> NDArray[np.int64]:
    """Return texts of digits as numbers; 0 where there is none."""
    digits = pc.if_else(pc.equal(pc.fill_null(texts, ""), ""), "0", texts)
    plain = pc.replace_substring_regex(digits, r"^\+", "")
    return np.asarray(plain.cast(pa.int64()).to_numpy(zero_copy_only=False))


def _flags(values: Any) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), bool)
