"""Plain numeric matrices from MATLAB 5 files, and nothing else.

Source: MathWorks, "MAT-File Format", level 5. `scipy.io.loadmat` reads far more than is wanted
here, and a few damaged bytes make it crash the whole process.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.datasets.tree import FileTree, reading

_HEADER_BYTES = 128
_LARGEST_BYTES = 2**31
_LARGEST_RATIO = 100
"""Largest ratio that numbers are packed by; those of sensors reach 10, deflate can reach 1032."""
_RATIO_FROM = 2**26  # labels that hardly ever change may be packed far better
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
# fmt: off
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
            13: "u8"}
_CLASSES = ("nothing", "a cell array", "a struct", "an object", "text", "sparse", "double",
            "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
            "a function", "an object")
# fmt: on
_NUMERIC_CLASSES = range(6, 16)
_COMPLEX = 0x0800


class _DamageError(ValueError):
    """An error that does not name the file yet."""


def read_matrices(
    tree: FileTree, name: str, columns: Mapping[str, int]
) -> dict[str, NDArray[np.float64]]:
    """Read real matrices with known numbers of columns.

    Args:
        tree: the files of the dataset.
        name: the file.
        columns: the variables to read, each with its number of columns.

    Returns:
        float64 [rows, columns] for every variable.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it is no MATLAB 5 file, is damaged, or its variables are others.
    """
    with reading(tree, name) as file:
        content = file.read()
    try:
        found = dict(_variables(memoryview(content), columns))
        missing = [variable for variable in columns if variable not in found]
        if missing:
            raise _DamageError(f"variable {missing[0]!r} is missing")
    except (_DamageError, zlib.error, struct.error) as error:
        listed = ", ".join(f"{variable} [T, {width}]" for variable, width in columns.items())
        raise DataFormatError(
            str(error),
            where=tree.where(name),
            expected=f"a MATLAB 5 file with the real matrices {listed}",
            todo="fetch the file again, or save it with save -v7",
        ) from error
    return found


def _variables(
    content: memoryview, columns: Mapping[str, int]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    order = {b"\x00\x01IM": "<", b"\x01\x00MI": ">"}.get(bytes(content[124:_HEADER_BYTES]))
    if order is None:
        raise _DamageError("not a MATLAB 5 file")
    for kind, element in _elements(content[_HEADER_BYTES:], order):
        if kind == _COMPRESSED:
            kind, element = next(_elements(_inflate(element), order), (0, memoryview(b"")))
        if kind == _MATRIX:
            yield from _wanted(element, order, columns)


def _wanted(
    matrix: memoryview, order: str, columns: Mapping[str, int]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """The matrix with its name if it is wanted, and nothing if it is not."""
    parts = list(islice(_elements(matrix, order), 4))
    if [kind for kind, _ in parts[:3]] != [_UINT32, _INT32, _INT8] or len(parts[0][1]) != 8:
        return  # an object that holds no numbers
    flags = struct.unpack_from(order + "I", parts[0][1])[0]
    variable = bytes(parts[2][1]).decode("latin-1")
    if variable not in columns:
        return
    number = flags & 0xFF
    if number not in _NUMERIC_CLASSES or flags & _COMPLEX or len(parts) < 4:
        what = "complex" if flags & _COMPLEX else _CLASSES[min(number, len(_CLASSES) - 1)]
        raise _DamageError(f"variable {variable!r} is {what}")
    shape = tuple(np.frombuffer(parts[1][1], order + "i4").tolist())
    if len(shape) != 2 or shape[0] < 1 or shape[1] != columns[variable]:
        raise _DamageError(f"variable {variable!r} is {' × '.join(map(str, shape))}")
    kind, numbers = parts[3]
    dtype = np.dtype(order + _NUMBERS.get(kind, "V1"))
    if dtype.kind == "V" or len(numbers) != math.prod(shape) * dtype.itemsize:
        raise _DamageError(f"variable {variable!r} does not hold the numbers that it declares")
    yield variable, np.frombuffer(numbers, dtype).reshape(shape, order="F").astype(np.float64)


def _elements(content: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Type and bytes of every element; one of at most four bytes is packed into its tag."""
    at = 0
    while at < len(content):
        kind, size = struct.unpack_from(order + "II", content, at)
        start, after = at + 8, at + 8 + size
        if kind >> 16:
            kind, size, start, after = kind & 0xFFFF, kind >> 16, at + 4, at + 8
        elif kind != _COMPRESSED:
            after += -size % 8
        if start + size > len(content):
            raise _DamageError("the file is cut off")
        yield kind, content[start : start + size]
        at = after


def _inflate(packed: memoryview) -> memoryview:
    largest = min(max(_LARGEST_RATIO * len(packed), _RATIO_FROM), _LARGEST_BYTES)
    stream = zlib.decompressobj()
    content = stream.decompress(packed, largest)
    if not stream.eof:
        cut_off = len(content) < largest
        raise _DamageError(
            "compressed numbers are cut off" if cut_off else "numbers are packed too well"
        )
    return memoryview(content)
