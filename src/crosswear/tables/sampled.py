"""The first values of every column of an unknown file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from crosswear.core.errors import DataFormatError
from crosswear.tables import sniffing
from crosswear.tables.faults import MISSING
from crosswear.tables.instants import Order, has_zone, orders_of
from crosswear.tables.reader import as_array
from crosswear.tables.sniffing import DAMAGED, Head, TableFormat, few_damaged, not_as_it_begins

_MEASURED = 0.2  # part of the rows in which a column changes that is no label


@dataclass(frozen=True, eq=False)
class SampledColumn:
    """The first values of a column.

    Attributes:
        values: float64 [T], NaN where a number is missing; for texts int32 [T], index in `texts`.
            Instants are seconds since 1970, or since midnight.
        texts: the different values of a text column; empty for numbers.
        orders: orders of day, month and year in which it holds instants; several if it is not
            clear which of two numbers is the day.
        is_zoned: whether instants have a time zone.
    """

    values: NDArray[np.float64] | NDArray[np.int32]
    texts: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    is_zoned: bool = False

    @property
    def is_stamp(self) -> bool:
        """Return whether it holds instants that are texts or timestamps."""
        return bool(self.orders)

    @property
    def is_number(self) -> bool:
        """Return whether the values are numbers, not indices of texts."""
        return self.values.dtype == np.float64

    @property
    def changes(self) -> NDArray[np.bool_]:
        """Return whether each row but the first differs from the one before it."""
        return np.asarray(self.values[1:] != self.values[:-1])

    @property
    def is_empty(self) -> bool:
        """Return whether it holds no value at all."""
        return self.is_number and not np.isfinite(self.values).any()

    def filled(self) -> SampledColumn:
        """Return the column without its empty cells."""
        kept = (
            np.isfinite(self.values)
            if self.is_number
            else np.array([*map(bool, self.texts), False])[self.values]
        )
        return self if kept.all() else replace(self, values=self.values[kept])


Sample: TypeAlias = Mapping[str | int, SampledColumn]
"""The columns of the beginning of one file."""


def sample(head: Head, layout: TableFormat) -> Sample:
    """Return the first rows of a file, by column; damaged rows and cells are passed over.

    Args:
        head: read with its rows.
        layout: of the file, or of one that should be laid out in the same way.

    Raises:
        DataFormatError: if many rows do not have the layout.
    """
    if layout.halved:
        raise DataFormatError(
            f"{len(layout.halved)} names above rows of {len(layout.names)} cells",
            where=head.file.where,
            expected="a name for each column, and one sign either in numbers or between columns",
            todo="export the numbers with decimal points, or with semicolons between them",
        )
    try:
        table = _rows_of_text(head, layout) if layout.dialect.separator else head.rows
        if table is None:
            raise pa.ArrowInvalid("no row")
        columns = [
            _sampled(table.column(position), layout.dialect.decimal)
            for position in range(len(layout.names))
        ]
    except (pa.ArrowException, IndexError) as error:
        raise not_as_it_begins(head.file, layout.names, error) from error
    return dict(zip(layout.names, columns, strict=True))


def _rows_of_text(head: Head, layout: TableFormat) -> pa.Table:
    skipped: list[str] = []

    def skip(row: csv.InvalidRow) -> str:
        skipped.append(row.text)
        return "skip"

    dialect = layout.dialect
    above = dialect.lines_above
    rows = head.text(sniffing.SAMPLE_BYTES).split("\n", above)[above].encode()
    table = csv.read_csv(
        io.BytesIO(rows),
        read_options=csv.ReadOptions(
            use_threads=False,
            block_size=2 * sniffing.SAMPLE_BYTES,
            column_names=[str(position) for position in range(len(layout.names))],
        ),
        parse_options=csv.ParseOptions(delimiter=dialect.separator, invalid_row_handler=skip),
        convert_options=csv.ConvertOptions(null_values=MISSING, decimal_point=dialect.decimal),
    )
    if not few_damaged(len(skipped), table.num_rows + len(skipped)):
        raise pa.ArrowInvalid(f"{len(skipped)} rows are others, the first {skipped[0]!r}")
    return table


def _sampled(column: Any, decimal: str) -> SampledColumn:
    kind = column.type
    if pa.types.is_null(kind):  # nothing in it: a column of lost numbers
        return SampledColumn(np.full(len(column), np.nan))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        zone = getattr(kind, "tz", None)
        stamps = column.cast(pa.timestamp("ns", tz=zone)).cast(pa.int64())
        return SampledColumn(as_array(stamps) / 1e9, orders=("datetime",), is_zoned=bool(zone))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        # Whole nanoseconds since 1970 are rounded to the nearest quarter of a microsecond.
        return SampledColumn(as_array(column.cast(pa.float64(), safe=False)))
    try:
        cells = column.cast(pa.string()).combine_chunks()
    except pa.ArrowException:
        return SampledColumn(np.zeros(len(column), np.int32))
    orders = orders_of(cells, 1 - DAMAGED)
    if orders:
        zoned = any(has_zone(text) for text in cells[:1].to_pylist())
        return SampledColumn(next(iter(orders.values())), orders=tuple(orders), is_zoned=zoned)
    codes = cells.dictionary_encode("encode")
    texts = tuple((text or "").strip() for text in codes.dictionary.to_pylist())
    found = SampledColumn(as_array(codes.indices), texts)
    numbers = np.array([_number(text.replace(decimal, ".")) for text in texts])
    wrong = np.isnan(numbers) & [text not in MISSING for text in texts]
    damaged = int(wrong[found.values].sum()) if len(texts) else 0
    measured = found.changes.sum() > _MEASURED * len(found.values)
    if few_damaged(damaged, len(found.values)) and measured:
        return SampledColumn(numbers[found.values])  # reading it names the first wrong cell
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
