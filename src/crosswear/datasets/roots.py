"""Places of the files of a dataset: a folder, an archive, or an archive in an archive.

The folder or archive lies on this machine, or where a URL leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeAlias

from crosswear.core.data_place import DataPlace
from crosswear.core.errors import DataFormatError, MissingDataError
from crosswear.datasets import REGISTRY, lookup
from crosswear.datasets.archive import ZipTree, open_archive, open_inner
from crosswear.datasets.remote import RemoteTree, remote_tree
from crosswear.datasets.spec import DatasetSpec, ReadOptions
from crosswear.datasets.tree import FileTree, FolderTree, require

Folder: TypeAlias = FolderTree | RemoteTree

_DEEPEST = 3
"""Most folders that publishers put around the dataset's root."""


@dataclass(frozen=True, eq=False)
class OpenedDataset:
    """A dataset, what of it is read, and where its files are.

    Attributes:
        reference: as in a study file, e.g. ``dsads:placement=torso``.
        data: folder or URL with one folder per dataset.
        spec: its declaration, completed by its files.
        options: what of it is read.
        tree: its files.
    """

    reference: str
    data: DataPlace | None
    spec: DatasetSpec
    options: ReadOptions
    tree: FileTree


def open_dataset(reference: str, data: DataPlace | None) -> OpenedDataset:
    """Look up a dataset and find its files.

    Raises:
        UsageError: if there is no such dataset, placement or variant.
        MissingDataError: if a folder or file is not there.
        DataFormatError: if an archive or a description is damaged.
    """
    spec, options = lookup(reference)
    tree = locate(spec, data)
    if spec.completed:
        spec = spec.completed(tree)
        options = spec.default_options
    return OpenedDataset(reference, data, spec, options, tree)


def locate(spec: DatasetSpec, data: DataPlace | None) -> FileTree:
    """The files of a dataset.

    They are looked for in the folder `data` / name first: the dataset's root, or up to three
    folders above it, or its archive alone. Otherwise a folder with the publisher's own name, the
    publisher's archive or name.zip in `data` will do. An archive may hold the root, folders around
    it, or one more archive. A dataset that names a root of its own is looked for there in the same
    manner.

    Args:
        spec: the dataset.
        data: folder or URL with one folder or archive per dataset; not needed for simulated ones.

    Raises:
        UsageError: if a URL is of a protocol that cannot be read.
        MissingDataError: if there is nothing, or no file of this dataset.
        DataFormatError: if an archive is damaged or unfit, or the dataset is there twice.
        DiskError: if there is no space to copy an archive inside of an archive.
    """
    if not spec.patterns:
        return FolderTree(Path())
    if spec.root:
        found = _look(spec, FolderTree(spec.root.parent), [spec.root.name], [spec.root.name])
        return found or _nowhere(spec, str(spec.root), spec.root.name)
    if data is None:
        raise MissingDataError(
            "needs a folder of recordings, and none was named",
            where=spec.name,
            expected=_expected(spec, spec.name),
            todo=_how_to_get(spec),
        )
    around = data_tree(data)
    archives = (*spec.archives, f"{spec.name}.zip")
    folders = [spec.name, *spec.folders]
    found = _look(spec, around, folders, [spec.name, *archives])
    if found is None and not around.has_folder(""):
        raise MissingDataError(
            "no such folder",
            where=around.where(""),
            expected="the folder with one folder or archive per dataset",
            todo="check --data",
        )
    beside = f", or {' or '.join((*spec.folders, *archives))} beside it"
    return found or _nowhere(spec, around.where(spec.name), spec.name, beside)


def data_tree(data: DataPlace) -> Folder:
    """Return all files at a folder or URL with one folder or archive per dataset.

    Raises:
        UsageError: if a URL is of a protocol that cannot be read.
        MissingDataError: if a URL does not answer.
    """
    return remote_tree(data) if isinstance(data, str) else FolderTree(data)


def _look(
    spec: DatasetSpec, around: Folder, folders: Sequence[str], archives: Sequence[str]
) -> FileTree | None:
    """Return the files of a dataset from the first of these folders and archives that has them."""
    problem: MissingDataError | None = None
    for name in folders:
        if around.has_folder(name):
            try:
                return _in_folder(spec, around.below(name))
            except MissingDataError as error:
                problem = problem or error
    for name in archives:
        if around.has_file(name):
            return _in_archive(spec, open_archive(around, name), nested=False)
    if problem:
        raise problem
    return None


def _nowhere(spec: DatasetSpec, where: str, name: str, beside: str = "") -> NoReturn:
    raise MissingDataError(
        "no such folder",
        where=where,
        expected=_expected(spec, name) + beside,
        todo=_how_to_get(spec),
    )


def _expected(spec: DatasetSpec, name: str) -> str:
    return f"a folder {name!r} with the files of {spec.title}"


def _how_to_get(spec: DatasetSpec) -> str:
    return (
        spec.own_layout
        or f"get them from {spec.home}, put them there, and name the folder around it with --data"
    )


def _in_folder(spec: DatasetSpec, tree: Folder) -> FileTree:
    root = _root(spec, tree)
    if root is not None:
        return root
    found = tree.glob("*.zip")
    named = [name for name in spec.archives if name in found]
    if named or len(found) == 1:
        return _in_archive(spec, open_archive(tree, (named or found)[0]), nested=False)
    return _required(spec, tree)


def _in_archive(spec: DatasetSpec, tree: ZipTree, *, nested: bool) -> FileTree:
    root = _root(spec, tree)
    if root is not None:
        return root
    inner = [name for depth in range(_DEEPEST) for name in tree.glob("*/" * depth + "*.zip")]
    named = [name for name in inner if name.rpartition("/")[2] in spec.archives]
    if (named or len(inner) == 1) and not nested:
        return _in_archive(spec, open_inner(tree, (named or inner)[0]), nested=True)
    return _required(spec, tree)


def _root(spec: DatasetSpec, tree: Folder | ZipTree) -> FileTree | None:
    """The part of a tree that starts at the dataset's root, if the dataset is there."""
    folders = _folders(spec, tree)
    if len(folders) > 1:
        raise DataFormatError(
            f"{spec.name} was found {len(folders)} times: {', '.join(folders[:5])}",
            where=tree.where(""),
            expected="the files of a dataset once",
            todo="keep one of them there, and move the others elsewhere",
        )
    return tree.below(folders[0]) if folders else None


def _folders(spec: DatasetSpec, tree: FileTree) -> list[str]:
    """The uppermost folders that could be the dataset's root; the tree's own has no name."""
    for depth in range(_DEEPEST + 1):
        names = [name for pattern in spec.patterns for name in tree.glob("*/" * depth + pattern)]
        if names:
            return sorted({"/".join(name.split("/")[:depth]) for name in names})
    return []


def _required(spec: DatasetSpec, tree: FileTree) -> FileTree:
    """Return the tree of the dataset; raise an error that names what is here instead."""
    published = {name: other for name, other in REGISTRY.items() if not other.own_layout}
    others = [name for name, other in published.items() if _folders(other, tree)]
    if others:
        raise MissingDataError(
            f"the files of {others[0]} are here, and none of {spec.name}",
            where=tree.where(""),
            expected=" or ".join(spec.patterns),
            todo=f"put the files of {others[0]} into a folder of that name",
        )
    require(tree, spec.patterns)
    return tree
