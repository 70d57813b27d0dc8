"""A format of device files, and the Parquet file that a recording becomes."""

from __future__ import annotations

import errno
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from crosswear.core.errors import DataFormatError

RATE_KEY = b"rate_hz"
"""Key of the sampling rate in the metadata of the Parquet file."""
SECOND_NS = 1_000_000_000

Samples: TypeAlias = tuple[NDArray[np.int64], NDArray[np.floating]]
"""Nanoseconds since 1970 [n] on the clock of the device, and acceleration [n, 3] in g."""


class ForeignFileError(DataFormatError):
    """A file does not begin as files of its ending do."""


@dataclass(frozen=True)
class DeviceFormat:
    """A format of files.

    Attributes:
        device: what writes them.
        ending: of their names, in lower case.
        begins: their first bytes.
        convert: takes the path of a file, its name in messages and the path of the table to write;
            raises `DataFormatError`.
        is_text: whether the table is comma-separated text instead of Parquet.
    """

    device: str
    ending: str
    begins: bytes
    convert: Callable[[Path, str, Path], None]
    is_text: bool = False


def damaged(what: str, where: str, device: str) -> DataFormatError:
    """Return the error of a file that is not as its device wrote it."""
    return DataFormatError(
        what,
        where=where,
        expected=f"a whole, unaltered {device} file",
        todo="copy the file from the device or its software again, or leave it out",
    )


@contextmanager
def unpacking(where: str, device: str) -> Iterator[None]:
    """Report a damaged zip as a damaged file of the device."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place outside of the file
            raise
        raise damaged("cannot be unpacked: it is cut short", where, device) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise damaged(f"cannot be unpacked: {error}"[:200], where, device) from error


def write_samples(target: Path, rate_hz: float, samples: Iterable[Samples]) -> None:
    """Write a recording as Parquet.

    Args:
        target: the file to write.
        rate_hz: nominal sampling rate.
        samples: pieces of the recording, in order, of thousands of samples each.
    """
    axes = [pa.field(axis, pa.float32()) for axis in "xyz"]
    metadata = {RATE_KEY: repr(float(rate_hz))}
    schema = pa.schema([pa.field("time", pa.timestamp("ns")), *axes], metadata)
    with parquet.ParquetWriter(target, schema, compression="none", use_dictionary=False) as writer:
        for time_ns, acceleration in samples:
            columns = [np.ascontiguousarray(one, np.float32) for one in acceleration.T]
            time = pa.array(time_ns).cast(schema.field("time").type)
            batch = pa.record_batch([time, *map(pa.array, columns)], schema=schema)
            # A group for each piece: all of a group is in memory while it is read.
            writer.write_table(pa.Table.from_batches([batch]))
