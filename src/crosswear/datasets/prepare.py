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
from crosswear.core.errors import DomainError
from crosswear.core.files import link_or_copy, new_folder, scratch_folder
from crosswear.core.keys import Json, canonical_json, digest, essentials, seed_for, to_json
from crosswear.core.recording import channel_names
from crosswear.datasets import lookup
from crosswear.datasets.classes import used_classes
from crosswear.datasets.domain import Domain, DomainSummary, load_domain
from crosswear.datasets.roots import locate
from crosswear.datasets.spec import DatasetSpec, ReadOptions
from crosswear.datasets.tree import FileTree, FolderTree, fingerprint
from crosswear.datasets.window_files import save_samples, save_table, write_samples
from crosswear.datasets.window_reader import WindowReader
from crosswear.signal.leakage import audit
from crosswear.signal.splits import split_windows

SCHEMA = 1
"""Raised by hand whenever the same recordings would become other windows."""
ADDED_LATER: Mapping[str, Json] = MappingProxyType({"min_subjects": 1})
"""Later settings of a preparation, with the value that leaves the windows as they were. With that
value a setting is not part of the digest, so that earlier domains and records stay valid."""


def prepare(
    reference: str | Path, data: str | Path | None, config: PreparationConfig, cache: str | Path
) -> Domain:
    """Read, resample, window, split and audit a dataset, or open what did so before.

    Args:
        reference: as in a study file, e.g. ``dsads:placement=torso``.
        data: folder with one folder per dataset; not needed for simulated ones.
        config: the preparation.
        cache: folder of prepared domains.

    Raises:
        UsageError: if there is no such dataset, placement or variant.
        MissingDataError: if a folder or file is not there.
        DataFormatError: if a file is not what its format says.
        DomainError: if the domain cannot carry a study: one class, too few windows, no split, or
            own recordings of which two hold the same samples.
        LeakageError: if a raw sample is in two subsets.
    """
    return prepare_splits(reference, data, config, cache, [config.split])[config.split]


def prepare_splits(
    reference: str | Path,
    data: str | Path | None,
    config: PreparationConfig,
    cache: str | Path,
    splits: Sequence[int],
) -> dict[int, Domain]:
    """Prepare a domain for several splits, and read its files once; see `prepare` for the rest."""
    reference = str(reference)
    spec, options = lookup(reference)
    tree = locate(spec, None if data is None else Path(data))
    if spec.completed:
        spec = spec.completed(tree)
        options = spec.default_options
    files = _fingerprints(spec, tree)
    found: dict[int, Domain] = {}
    missing: dict[int, Path] = {}
    for split in splits:
        folder = Path(cache) / _digest(spec, options, files, replace(config, split=split))
        if folder.exists():
            try:
                found[split] = load_domain(folder)
                continue
            except DomainError:
                shutil.rmtree(folder, ignore_errors=True)
        missing[split] = folder
    if missing:
        try:
            _build(missing, reference, spec, options, tree, config)
        except DomainError as error:
            raise error.inside(reference) from error
    found |= {split: load_domain(folder) for split, folder in missing.items()}
    return {split: _called(reference, spec, options, found[split]) for split in splits}


def _called(reference: str, spec: DatasetSpec, options: ReadOptions, domain: Domain) -> Domain:
    """A domain as it is asked for now: its cache may have been made from another folder."""
    code_of = {row.name: row.code for row in spec.variants[options.variant]}
    codes = tuple(code_of[name] for name in domain.classes)
    return replace(domain, summary=replace(domain.summary, reference=reference, codes=codes))


def _build(
    folders: Mapping[int, Path],
    reference: str,
    spec: DatasetSpec,
    options: ReadOptions,
    tree: FileTree,
    config: PreparationConfig,
) -> None:
    """Write the domain of each split. Its samples are cut once, and never all in memory."""
    notes: list[str] = []
    reader = WindowReader(spec.read(tree, options, notes.append), reference, config)
    cache = next(iter(folders.values())).parent
    with scratch_folder(cache) as scratch:
        samples = scratch / "samples"
        windows = write_samples(reader, samples)
        if windows is None:
            raise DomainError(
                "no recording gives a labelled window",
                expected=f"{config.window} samples without a gap, most of them labelled with a "
                "class",
                todo="check the class table and the recordings",
            )
        if reader.repeated and spec.root:
            raise DomainError(
                f"{reader.repeated[0]} hold the same samples",
                expected="every recording once: a copy counts as another person, or another "
                "performance, and would be on both sides of a test",
                todo="delete one of the two, or leave it out of files in dataset.toml",
            )
        notes += reader.notes()
        table = spec.variants[options.variant]
        used = used_classes(windows, table, config.min_subjects, notes)
        kept = np.isin(windows.y, used)
        if len(used) < 2:
            raise DomainError(
                f"{np.count_nonzero(kept)} windows of {len(used)} class",
                expected="windows of at least two classes",
                todo="check the labels, or use shorter windows",
            )
        shape = len(channel_names(options.sensors)), config.window
        save_samples(samples, shape, kept, scratch / "x.npy")
        windows = windows.rows(kept)
        windows = replace(windows, y=np.searchsorted(used, windows.y).astype(np.int16))
        seed = seed_for("split", spec.name)
        for number, folder in folders.items():
            subset, split = split_windows(windows, len(used), seed, number, config.min_subjects)
            audit(windows, subset)
            summary = DomainSummary(
                reference=reference,
                digest=folder.name,
                placement=options.placement,
                rate_hz=spec.rate_hz,
                classes=tuple(table[place].name for place in used),
                subjects=tuple(reader.subjects),
                duration_s=reader.duration_s,
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


def _digest(
    spec: DatasetSpec, options: ReadOptions, files: Mapping[str, str], config: PreparationConfig
) -> str:
    return digest(
        {
            "schema": SCHEMA,
            "dataset": [spec.name, spec.schema],
            "options": essentials(options),
            "files": files,
            "preparation": _essentials(config),
        }
    )


def _essentials(config: PreparationConfig) -> Json:
    """Return the settings, but none that was added later and changes nothing."""
    settings = dataclasses.asdict(config)
    return to_json({name: v for name, v in settings.items() if ADDED_LATER.get(name) != v})
