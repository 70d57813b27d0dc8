"""Own recordings that are in another unit than their description says."""

from __future__ import annotations

from crosswear.core.errors import DataFormatError
from crosswear.datasets.own.contents import read_own_table
from crosswear.datasets.own.file_names import recording_names
from crosswear.datasets.own.layout import Layout
from crosswear.datasets.tree import FileTree
from crosswear.tables.units import Reading, reading


def check_unit(tree: FileTree, layout: Layout, name: str, found: Reading) -> None:
    """Stop at a file that is in another unit than declared; name one that is not, if there is."""
    if not found.contradicts(layout.units_per_g):
        return
    where = tree.where(name)
    expected = f"about {layout.units_per_g:g}, as unit = {layout.unit!r} says"
    other = _sound(tree, layout, name) or _other_unit(tree, layout, found.unit)
    if other is None:
        raise DataFormatError(
            str(found),
            where=where,
            expected=expected,
            todo="correct unit in dataset.toml"
            + (f", perhaps to {found.unit!r}" if found.unit else ""),
        )
    raise DataFormatError(
        f"mixed units: {found}, and not so in {tree.where(other)}",
        where=where,
        expected=expected,
        todo="convert the file, or describe it in a dataset.toml of its own",
    )


def _sound(tree: FileTree, layout: Layout, name: str) -> str | None:
    """Return the first file before `name` whose unit can be seen; it may be of another part."""
    for earlier in recording_names(layout, tree):
        if earlier == name:
            break
        acceleration = read_own_table(tree, earlier, layout).acceleration
        if reading(acceleration, layout.rate_hz) is not None:
            return earlier
    return None


def _other_unit(tree: FileTree, layout: Layout, unit: str | None) -> str | None:
    """A file that is in another unit than `unit`."""
    for name in recording_names(layout, tree) if unit else ():
        found = reading(read_own_table(tree, name, layout).acceleration, layout.rate_hz)
        if found is not None and found.unit != unit:
            return name
    return None
