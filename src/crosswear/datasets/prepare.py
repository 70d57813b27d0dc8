"""Domains are prepared from recordings, once: what made them is their digest.

The digest covers the declaration, the options, every byte of the files that were read, and the
preparation.
"""

from __future__ import annotations

import dataclasses
import glob
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from crosswear.core.config import PreparationConfig
from crosswear.core.data_place import data_place
from crosswear.core.errors import DomainError
from crosswear.core.files import link_or_copy, new_folder, scratch_folder
from crosswear.core.keys import Json, canonical_json, digest, essentials, seed_for, to_json
from crosswear.datasets.classes import used_classes
from crosswear.datasets.domain import Domain, DomainSummary, load_domain
from crosswear.datasets.joined_parts import JoinedParts, join_parts, preparing
from crosswear.datasets.parts import Spread, one_by_one
from crosswear.datasets.roots import OpenedDataset, open_dataset
from crosswear.datasets.spec import DatasetSpec
from crosswear.datasets.tree import FileTree, FolderTree, fingerprint
from crosswear.datasets.window_files import save_table
from crosswear.signal.leakage import audit
from crosswear.signal.splits import split_windows

SCHEMA = 1
"""Raised by hand whenever the same recordings would become other windows."""
ADDED_LATER: Mapping[str, Json] = MappingProxyType({"min_subjects": 1})
"""Later settings of a preparation, with the value that leaves the windows as they were. With that
value a setting is not part of the digest, so that earlier domains and records stay valid."""


def prepare(
    reference: str | Path,
    data: str | Path | None,
    config: PreparationConfig,
    cache: str | Path,
    spread: Spread = one_by_one,
) -> Domain:
    """Read, resample, window, split and audit a dataset, or open what did so before.

    Interrupted, the same call goes on with the parts of the dataset that are done.

    Args:
        reference: as in a study file, e.g. ``dsads:placement=torso``.
        data: folder or URL with one folder per dataset; not needed for simulated ones.
        config: the preparation.
        cache: folder of prepared domains.
        spread: works on parts of the dataset, here or in other processes.

    Raises:
        UsageError: if there is no such dataset, placement or variant.
        MissingDataError: if a folder or file is not there.
        DataFormatError: if a file is not what its format says.
        DomainError: if the domain cannot carry a study: one class, too few windows, no split, or
            own recordings of which two hold the same samples.
        LeakageError: if a raw sample is in two subsets.
    """
    return prepare_splits(reference, data, config, cache, [config.split], spread)[config.split]


def prepare_splits(
    reference: str | Path,
    data: str | Path | None,
    config: PreparationConfig,
    cache: str | Path,
    splits: Sequence[int],
    spread: Spread = one_by_one,
) -> dict[int, Domain]:
    """Prepare a domain for several splits, and read its files once; see `prepare` for the rest."""
    dataset = open_dataset(str(reference), None if data is None else data_place(data))
    files = _fingerprints(dataset.spec, dataset.tree)
    folders = {
        split: Path(cache) / _digest(dataset, files, replace(config, split=split))
        for split in splits
    }
    found = _found(folders)
    if len(found) < len(folders):
        with preparing(dataset, Path(cache)):
            found = _found(folders)  # another process may have been at it
            missing = {split: folder for split, folder in folders.items() if split not in found}
            if missing:
                try:
                    joined = join_parts(dataset, files, config, Path(cache), spread)
                    _build(missing, dataset, joined, config)
                except DomainError as error:
                    raise error.inside(dataset.reference) from error
        found |= {split: load_domain(folder) for split, folder in missing.items()}
    return {split: _called(dataset, found[split]) for split in splits}


def _found(folders: Mapping[int, Path]) -> dict[int, Domain]:
    """Return the domains that are there; those that are damaged are removed."""
    found = {}
    for split, folder in folders.items():
        if folder.exists():
            try:
                found[split] = load_domain(folder)
            except DomainError:
                shutil.rmtree(folder, ignore_errors=True)
    return found


def _called(dataset: OpenedDataset, domain: Domain) -> Domain:
    """A domain as it is asked for now: its cache may have been made from another folder."""
    code_of = {row.name: row.code for row in dataset.spec.variants[dataset.options.variant]}
    codes = tuple(code_of[name] for name in domain.classes)
    summary = replace(domain.summary, reference=dataset.reference, codes=codes)
    return replace(domain, summary=summary)


def _build(
    folders: Mapping[int, Path],
    dataset: OpenedDataset,
    joined: JoinedParts,
    config: PreparationConfig,
) -> None:
    """Write the domain of each split; samples are never all in memory."""
    spec, options, windows = dataset.spec, dataset.options, joined.windows
    if windows is None:
        raise DomainError(
            "no recording gives a labelled window",
            expected=f"{config.window} samples without a gap, most of them labelled with a class",
            todo="check the class table and the recordings",
        )
    repeated = joined.account.repeated
    if repeated and spec.root:
        raise DomainError(
            f"{repeated[0]} hold the same samples",
            expected="every recording once: a copy counts as another person, or another "
            "performance, and would be on both sides of a test",
            todo="delete one of the two, or leave it out of files in dataset.toml",
        )
    notes = [*joined.notes, *joined.account.notes()]
    table = spec.variants[options.variant]
    used = used_classes(windows, table, config.min_subjects, notes)
    kept = np.isin(windows.y, used)
    if len(used) < 2:
        raise DomainError(
            f"{np.count_nonzero(kept)} windows of {len(used)} class",
            expected="windows of at least two classes",
            todo="check the labels, or use shorter windows",
        )
    windows = windows.rows(kept)
    windows = replace(windows, y=np.searchsorted(used, windows.y).astype(np.int16))
    seed = seed_for("split", spec.name)
    with scratch_folder(joined.folder) as scratch:
        joined.save_samples(kept, scratch / "x.npy")
        for number, folder in folders.items():
            subset, split = split_windows(windows, len(used), seed, number, config.min_subjects)
            audit(windows, subset)
            summary = DomainSummary(
                reference=dataset.reference,
                digest=folder.name,
                placement=options.placement,
                rate_hz=spec.rate_hz,
                classes=tuple(table[place].name for place in used),
                subjects=joined.account.subjects,
                duration_s=joined.account.duration_s,
                samples=config.window,
                split=split,
                notes=tuple(notes),
                sensors=options.sensors,
            )
            with new_folder(folder) as temporary:
                link_or_copy(scratch / "x.npy", temporary / "x.npy")
                save_table(windows, temporary)
                np.save(temporary / "subset.npy", subset)
                (temporary / "domain.json").write_text(canonical_json(summary) + "\n", "utf-8")


def _fingerprints(spec: DatasetSpec, tree: FileTree) -> dict[str, str]:
    """Return the digests of all files, and of a description that lies elsewhere."""
    files = fingerprint(tree, spec.patterns)
    if spec.description is not None:
        described = FolderTree(spec.description.parent), (glob.escape(spec.description.name),)
        files |= fingerprint(*described)
    return files


def _digest(dataset: OpenedDataset, files: Mapping[str, str], config: PreparationConfig) -> str:
    return digest(
        {
            "schema": SCHEMA,
            "dataset": [dataset.spec.name, dataset.spec.schema],
            "options": essentials(dataset.options),
            "files": files,
            "preparation": _essentials(config),
        }
    )


def _essentials(config: PreparationConfig) -> Json:
    """Return the settings, but none that was added later and changes nothing."""
    settings = dataclasses.asdict(config)
    return to_json({name: v for name, v in settings.items() if ADDED_LATER.get(name) != v})
