"""Names of the files of own recordings, and what the names give."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from crosswear.core.errors import DataFormatError
from crosswear.datasets.own.layout import Layout
from crosswear.datasets.tree import FileTree, require


def recording_names(layout: Layout, tree: FileTree) -> list[str]:
    """Return the names of the files of recordings, sorted; files of labels are none.

    Raises:
        MissingDataError: if no file matches one of the patterns.
    """
    names = {name for pattern in layout.files for name in require(tree, (pattern,))}
    return sorted(names - files_beside(layout, names))


def files_beside(layout: Layout, names: Iterable[str]) -> set[str]:
    """Return the names of the other files that recordings of these names are read with."""
    labels = layout.labels
    files = {labels.file_of(name) for name in names} if labels is not None else set()
    return files | ({layout.class_file} if layout.class_file else set())


def path_tells(tree: FileTree, layout: Layout, name: str) -> dict[str, str]:
    """Return what the name of a file gives: subject, label, both or nothing.

    Raises:
        DataFormatError: if `path` does not match the name.
    """
    if layout.path is None:
        return {}
    # Some systems write é as two characters.
    match = re.fullmatch(layout.path, unicodedata.normalize("NFC", name))
    if match is None or not all(match.groupdict().values()):
        raise DataFormatError(
            "the name does not match path",
            where=tree.where(name),
            expected=layout.path,
            todo="rename the file, or correct path or files in dataset.toml",
        )
    return match.groupdict()
