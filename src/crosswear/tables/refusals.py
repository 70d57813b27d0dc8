"""Reasons why tables cannot be read as recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.tables.at_rest import are_epoch_counts
from crosswear.tables.broken import place
from crosswear.tables.clock_changes import BACK_TODO, clock_back, runs_backwards
from crosswear.tables.mixtures import kept_rows, select
from crosswear.tables.sampled import Sample
from crosswear.tables.sensor_columns import Triple
from crosswear.tables.stamps import rate_change
from crosswear.tables.steady import RoleColumns
from crosswear.tables.text import Dialect, TableFile
from crosswear.tables.time_columns import TimeColumn, changes_of, in_reverse
from crosswear.tables.units import SECOND
from crosswear.tables.written import has_thousands, lacks_signs


@dataclass(frozen=True)
class Refusal:
    """Reason why tables cannot be read as recordings.

    Attributes:
        what, expected, todo: as in errors.
        sample: index of the table.
        row: from which it does not hold what it should; None for all of them.
    """

    what: str
    expected: str
    todo: str
    sample: int = 0
    row: int | None = None

    def error(self, file: TableFile, dialect: Dialect) -> DataFormatError:
        """Return the error, with the line of the file."""
        where = file.where if self.row is None else place(file, dialect, self.row)
        return DataFormatError(self.what, where=where, expected=self.expected, todo=self.todo)


def activity_counts(
    samples: Sequence[Sample], found: Sequence[Triple], time: TimeColumn | None
) -> Refusal | None:
    """Return that columns hold counts of epochs, if they do."""
    if not any(are_epoch_counts(samples, one) for one in found):
        return None
    period = "" if time is None else f", one every {1 / time.rate_hz:.4g} s"
    return Refusal(
        f"activity counts of epochs{period}, not acceleration",
        expected="raw acceleration, a row for each sample",
        todo="export the raw data of the device, such as .gt3x or its raw CSV",
    )


def faulty_numbers(values: NDArray[np.float64]) -> Refusal | None:
    """Return how x, y and z [T, 3] are written, if they cannot be read as they are."""
    if has_thousands(values):
        return Refusal(
            "points between thousands: 1.003 beside whole numbers up to 999",
            expected="numbers with one decimal sign, and none between thousands",
            todo="export the numbers without signs between thousands",
        )
    size = lacks_signs(values)
    if size:
        return Refusal(
            f"negative numbers are written without a sign: they jump between 0 and {size - 1}",
            expected=f"numbers from -{size // 2} to {size // 2 - 1}",
            todo=f"subtract {size} from those of {size // 2} and more",
        )
    return None


def faulty_stamps(
    samples: Sequence[Sample],
    rows: Mapping[str | int, str],
    time: TimeColumn | None,
    roles: RoleColumns,
) -> Refusal | None:
    """Return where the rate changes or the clock is put back, or that the newest row is first."""
    backwards = in_reverse(samples) if time is None or time.problem else None
    if backwards is not None:
        return Refusal(
            f"column {backwards!r} runs backwards throughout",
            expected="rows in the order in which they were measured",
            todo="sort the rows by time",
        )
    if time is None:
        return None
    for number, whole in enumerate(samples):
        kept = np.flatnonzero(kept_rows(whole, rows))
        sample = select(whole, rows)
        values = np.asarray(sample[time.column].values, np.float64)
        new = changes_of(sample, (*roles.subject, *roles.perhaps_subject, *roles.session))
        if time.orders and (back := clock_back(np.diff(values)) & ~new).any():
            row = int(back.argmax()) + 1
            return Refusal(
                runs_backwards(float(values[row] - values[row - 1])),
                expected="time stamps that increase from row to row",
                todo=BACK_TODO,
                sample=number,
                row=int(kept[row]),
            )
        for begin, end in pairwise([0, *(np.flatnonzero(new) + 1).tolist(), len(values)]):
            changed = rate_change(values[begin:end])
            if changed is not None:
                row, *rates = changed
                before, after = (rate * SECOND.get(time.unit, 1.0) for rate in rates)
                return Refusal(
                    f"the rate changes from {before:.4g} Hz to {after:.4g} Hz",
                    expected="one sampling rate",
                    todo="cut the file at that line and describe the parts apart, or resample it",
                    sample=number,
                    row=int(kept[begin + row]),
                )
    return None
