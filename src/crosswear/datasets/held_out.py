"""A prepared domain once more for each of its people, who alone is tested then.

The windows are those of the domain itself: their files are linked, or copied where that cannot be.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from crosswear.core.errors import DomainError
from crosswear.core.files import link_or_copy, new_folder
from crosswear.core.keys import canonical_json, digest, seed_for
from crosswear.core.recording import Windows
from crosswear.datasets import lookup
from crosswear.datasets.domain import Domain, load_domain
from crosswear.signal.leakage import audit
from crosswear.signal.splits import leave_out

SCHEMA = 1
"""Raised by hand whenever the same domain would be split in another way."""


def each_held_out(domain: Domain) -> Iterator[Domain]:
    """Yield a domain for each person with windows; the domain itself if it is split by occurrence.

    Raises:
        LeakageError: if a raw sample would be in two subsets.
        DiskError: if a domain cannot be written.
    """
    if domain.summary.split.unit != "subject":
        yield domain
        return
    for person in range(len(np.unique(domain.windows.subject))):
        yield _held_out(domain, person)


def _held_out(domain: Domain, person: int) -> Domain:
    key = digest({"schema": SCHEMA, "domain": domain.summary.digest, "held out": person})
    folder = domain.folder.with_name(key)
    try:
        found = load_domain(folder)
    except DomainError:
        shutil.rmtree(folder, ignore_errors=True)
        _write(domain, person, folder)
        found = load_domain(folder)
    same = {name: getattr(domain.summary, name) for name in ("reference", "codes")}
    return replace(found, summary=replace(found.summary, **same))


def _write(domain: Domain, person: int, folder: Path) -> None:
    name = lookup(domain.summary.reference)[0].name
    seed = seed_for("split", name, "held out", person)
    subset, split = leave_out(domain.windows, len(domain.classes), seed, person)
    audit(domain.windows, subset)
    summary = replace(domain.summary, digest=folder.name, split=split)
    with new_folder(folder) as temporary:
        for field in fields(Windows):
            link_or_copy(domain.folder / f"{field.name}.npy", temporary / f"{field.name}.npy")
        np.save(temporary / "subset.npy", subset)
        (temporary / "domain.json").write_text(canonical_json(summary) + "\n", "utf-8")
