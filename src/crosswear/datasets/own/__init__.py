"""Own recordings: a folder of CSV, Parquet or device files, described by a `dataset.toml` in it.

`crosswear.datasets.own.layout` lists the keys of that file.
"""

from __future__ import annotations

import dataclasses
import glob
from pathlib import Path

from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.datasets.own.file_names import files_beside
from crosswear.datasets.own.layout import Layout, parse_layout
from crosswear.datasets.own.recordings import part_reader
from crosswear.datasets.spec import DatasetSpec
from crosswear.datasets.tree import FileTree, FolderTree, table_file
from crosswear.tables.annotations import read_pairs


def load_own(path: Path) -> DatasetSpec:
    """The dataset that a `dataset.toml` describes; its name is that of the folder.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it holds what it should not; names the key.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFormatError("not UTF-8", where=str(path), expected="TOML in UTF-8") from error
    except OSError as error:
        raise MissingDataError(
            f"cannot be read: {error.strerror or error}",
            where=str(path),
            expected="a dataset.toml beside one's own recordings",
            todo="check the path, or let `crosswear data new FOLDER` write the file",
        ) from error
    layout = parse_layout(text, str(path))
    if not layout.is_labelled:
        raise DataFormatError(
            "recordings without labels",
            where=str(path),
            expected="labels and [classes]: only predict can use recordings without them",
            todo="say where the labels are: columns.label, path or [labels]",
        )
    return own_spec(with_class_file(layout, FolderTree(layout.folder(path))), path)


def with_class_file(layout: Layout, tree: FileTree) -> Layout:
    """Return a layout with the classes that its `class_file` names.

    Raises:
        MissingDataError: if there is no such file.
        DataFormatError: if it is no table of two columns, or gives a label two classes.
    """
    if layout.class_file is None:
        return layout
    separator = "\t" if layout.class_file.lower().endswith(".tsv") else ","
    classes: dict[str, str] = {}
    for place, code, name in read_pairs(table_file(tree, layout.class_file), separator):
        if classes.setdefault(code, name) != name:
            raise DataFormatError(
                f"{code!r} is {classes[code]!r} and {name!r}",
                where=f"{tree.where(layout.class_file)}, {place}",
                expected="one class for each label",
                todo="correct the file",
            )
    return dataclasses.replace(layout, classes={**classes, **layout.classes})


def own_spec(layout: Layout, path: Path) -> DatasetSpec:
    """The declaration of a dataset that is described by `layout`, as found in the file `path`."""
    root = layout.folder(path)
    tree = FolderTree(root)
    beside = files_beside(layout, (name for pattern in layout.files for name in tree.glob(pattern)))
    return DatasetSpec(
        name=root.name or "own",
        title=layout.title,
        licence=layout.licence,
        citation=layout.citation,
        home=str(root),
        rate_hz=layout.rate_hz,
        unit=layout.one_unit if isinstance(layout.one_unit, str) else f"1/{layout.one_unit:g} g",
        subjects=0,
        placements=(layout.placement,),
        variants={"default": layout.class_table},
        patterns=(*layout.files, *map(glob.escape, sorted(beside))),
        read=part_reader(layout),
        root=root,
        description=path.resolve(),
    )
