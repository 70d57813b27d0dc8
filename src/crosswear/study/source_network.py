"""One source network of a run, by its name in the study."""

from __future__ import annotations

from pathlib import Path

from crosswear.core.errors import StoreError, UsageError
from crosswear.grid.methods import Role
from crosswear.grid.store import Store
from crosswear.networks.checkpoint import Checkpoint, load_checkpoint
from crosswear.study.read import read_study


def source_network(run: Path, name: str, split: int | None = None) -> tuple[Checkpoint, float]:
    """Return a source network of a run, and the sampling rate of its windows.

    Args:
        run: OUT of `study run`.
        name: of the source: a domain, or the domains of a joint source joined by `+`.
        split: number of the split; the first one of the study without it.

    Raises:
        StoreError: if no run is in the folder.
        UsageError: if it has no such network.
        CheckpointError: if the network is damaged.
    """
    file = run / "study.toml"
    if not file.is_file():
        raise StoreError(
            "there is no such run", where=str(run), expected="the --out of a `study run`"
        )
    study, _ = read_study(file)
    wanted = study.splits[0] if split is None else split
    store, found = Store(run), set()
    for key in sorted(store.keys()):
        cell = store.read(key).cell
        if cell.role is not Role.SOURCE:
            continue
        if (cell.target, cell.split) == (name, wanted):
            return load_checkpoint(store.checkpoint(key)), study.preparation.rate_hz
        found.add(f"{cell.target} (split {cell.split})")
    raise UsageError(
        f"it has no source network {name!r} of split {wanted}",
        where=str(run),
        expected=", ".join(sorted(found)) or "a study with source networks",
    )
