"""Prepared domains: the windows of a dataset."""

from __future__ import annotations

from pathlib import Path

from crosswear.api.display import parts_shown
from crosswear.api.folders import cache_folder, data_folder
from crosswear.core.config import PreparationConfig
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare as prepare_domain
from crosswear.engine.executors.main_guard import expect_main_guard
from crosswear.engine.part_workers import spread_over_processes


def prepare(
    reference: str | Path,
    data: str | Path | None = None,
    config: PreparationConfig | None = None,
    cache: str | Path | None = None,
    workers: int = 1,
) -> Domain:
    """Read, resample, window, split and audit a dataset, or open what did so before.

    Interrupted at any moment, the same call goes on with the parts of the dataset that are done.

    Args:
        reference: as in a study file, e.g. ``dsads:placement=torso``, or a ``dataset.toml``.
        data: folder or URL with one folder per dataset; that of CROSSWEAR_DATA without it.
        config: the preparation; its defaults without it.
        cache: folder of prepared domains; that of CROSSWEAR_CACHE, or the user's, without it.
        workers: processes that read parts of the dataset at the same time.

    Raises:
        UsageError: if there is no such dataset, placement or variant, or in a script without a
            main guard that asks for several workers.
        MissingDataError: if a folder or file is not there.
        DataFormatError: if a file is not what its format says.
        DomainError: if the domain cannot carry a study: one class, too few windows, no split, or
            own recordings of which two hold the same samples.
        LeakageError: if a raw sample is in two subsets.
        EngineError: if worker processes keep dying.
    """
    if workers > 1:
        expect_main_guard()
    return prepare_domain(
        reference,
        data_folder(data),
        config or PreparationConfig(),
        cache_folder(cache),
        parts_shown(spread_over_processes(workers)),
    )
