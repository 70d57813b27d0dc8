"""Several domains as one, for networks that learn them at once.

Classes, people, recordings and occurrences are numbered through, one domain after the other, and
every window keeps its subset. So a source of several domains is trained on the train windows of
each and tested on the test windows of each, and its counts show how it does on any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosswear.core.recording import Windows
from crosswear.datasets.domain import Domain, DomainSummary, load_domain
from crosswear.engine.heads import ONE_HEAD, Heads
from crosswear.engine.subsets import groups_of
from crosswear.engine.task import Task


def open_target(task: Task) -> tuple[Domain, Heads]:
    """Return the target domain of a task and its heads; several targets are joined into one.

    Raises:
        DomainError: if a file of a domain is missing or damaged.
    """
    domains = [load_domain(folder) for folder in task.domains]
    if len(domains) == 1:
        return domains[0], ONE_HEAD
    heads = Heads(tuple(len(domain.classes) for domain in domains))
    return join(task.cell.targets, domains), heads


def join(names: Sequence[str], domains: Sequence[Domain]) -> Domain:
    """Several domains as one; its `subject` is what each one's split kept whole.

    Args:
        names: of the domains, in the names of the classes.
        domains: with windows of one length.
    """
    windows = [domain.windows for domain in domains]
    joined = Windows(
        x=np.concatenate([one.x for one in windows]),
        y=_numbered([one.y for one in windows], [len(domain.classes) for domain in domains]),
        subject=_numbered([groups_of(domain) for domain in domains]),
        recording=_numbered([one.recording for one in windows]),
        occurrence=_numbered([one.occurrence for one in windows]),
        start=np.concatenate([one.start for one in windows]),
        stop=np.concatenate([one.stop for one in windows]),
    )
    subset = np.concatenate([domain.subset for domain in domains])
    summary = join_summaries(names, [domain.summary for domain in domains])
    return Domain(summary, Path(), joined, subset)


def join_summaries(names: Sequence[str], summaries: Sequence[DomainSummary]) -> DomainSummary:
    """Return what is known of several domains as one."""
    first = summaries[0]
    if len(summaries) == 1:
        return first
    train, validation, test = np.sum([one.split.windows for one in summaries], axis=0).tolist()
    return replace(
        first,
        reference="+".join(names),
        classes=tuple(
            f"{name}: {label}"
            for name, summary in zip(names, summaries, strict=True)
            for label in summary.classes
        ),
        split=replace(first.split, unit="subject", windows=(train, validation, test)),
    )


def _numbered(parts: Sequence[NDArray[Any]], counts: Sequence[int] = ()) -> NDArray[Any]:
    """Numbers of several domains, each after those of the domains before it.

    Args:
        parts: numbers from 0, of each domain.
        counts: how many numbers each has; as many as it uses without.
    """
    counts = counts or [int(part.max(initial=-1)) + 1 for part in parts]
    offsets = np.cumsum([0, *counts[:-1]])
    return np.concatenate(
        [part.astype(np.int64) + offset for part, offset in zip(parts, offsets, strict=True)]
    )
