"""Columns of text beside the columns of numbers that `crosswear.datasets.tables` reads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from crosswear.core.errors import DataFormatError
from crosswear.datasets.columns import as_array
from crosswear.datasets.tables import TextLayout
from crosswear.datasets.tree import FileTree, reading


def read_words(
    tree: FileTree, name: str, layout: TextLayout, column: int
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Read one column as text, of a table that `read_table` has found sound.

    Args:
        tree: the files of the dataset.
        name: the file.
        layout: what every line looks like.
        column: 0-based column.

    Returns:
        int64 [lines], the place of every line's word among the words, and the words, each once,
        in the order in which they first come.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it cannot be read, or a word is not UTF-8.
    """
    names = [str(number) for number in range(layout.columns)]
    text = pa.dictionary(pa.int32(), pa.string())
    try:
        with reading(tree, name) as file:
            if layout.header is not None:
                file.readline()
            table = csv.read_csv(
                file,
                read_options=csv.ReadOptions(use_threads=False, column_names=names),
                parse_options=csv.ParseOptions(delimiter=layout.separator, quote_char=False),
                convert_options=csv.ConvertOptions(
                    include_columns=[names[column]], column_types={names[column]: text}
                ),
            )
    except pa.ArrowException as error:
        raise DataFormatError(
            "a word is not UTF-8",
            where=f"{tree.where(name)}, column {column + 1}",
            expected="text in UTF-8",
            todo="fetch the file again, or save it as UTF-8",
        ) from error
    words: dict[str, int] = {}
    indices = []
    for chunk in table.column(0).chunks:
        places = [words.setdefault(word, len(words)) for word in chunk.dictionary.to_pylist()]
        indices.append(np.array(places, np.int64)[as_array(chunk.indices)])
    return np.concatenate(indices), tuple(words)


def read_labels(
    tree: FileTree, name: str, layout: TextLayout, column: int, labels: Mapping[str, int]
) -> NDArray[np.int16]:
    """Read one column as labels, of a table that `read_table` has found sound.

    Args:
        tree: the files of the dataset.
        name: the file.
        layout: what every line looks like.
        column: 0-based column.
        labels: the label of every word that may stand there.

    Returns:
        int16 [lines].

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if another word stands there; names its first line.
    """
    indices, words = read_words(tree, name, layout, column)
    unknown = [index for index, word in enumerate(words) if word not in labels]
    if unknown:
        sample = int(np.isin(indices, unknown).argmax())
        raise DataFormatError(
            f"{words[indices[sample]][:40]!r} is not a class",
            where=place(tree, name, layout, sample, column),
            expected=f"one of {', '.join(map(repr, labels))}",
            todo="fetch the file again, or compare it with the publisher's",
        )
    return np.array([labels[word] for word in words], np.int16)[indices]


def place(tree: FileTree, name: str, layout: TextLayout, sample: int, column: int) -> str:
    """File, line and column of a sample, for a message; empty lines count as lines.

    Args:
        tree: the files of the dataset.
        name: the file.
        layout: what every line looks like.
        sample: 0-based, without header and empty lines.
        column: 0-based.
    """
    above = sample + (layout.header is not None)
    with reading(tree, name) as file:
        lines = (number for number, line in enumerate(file, start=1) if line.strip(b"\r\n"))
        line = next((number for row, number in enumerate(lines) if row == above), above + 1)
    return f"{tree.where(name)}, line {line}, column {column + 1}"
