"""Domains of one dataset, such as its placements: no one learned from in one is tested in another.

Each domain's own split is audited when it is prepared (`crosswear.signal.leakage`). That two
placements of one dataset are split alike follows from equal recordings, and is not promised where
one of them has lost some: so it is looked at before a study begins.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from crosswear.core.errors import LeakageError
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain, same_dataset


def audit_people(domains: Mapping[str, Domain]) -> None:
    """Prove it for the domains of one split, by their names in the study.

    Raises:
        LeakageError: naming two domains, and somebody who is learned from in the first and tested
            in the second.
    """
    for one, other in itertools.permutations(domains, 2):
        a, b = domains[one], domains[other]
        if not same_dataset(a, b):
            continue
        if {a.summary.split.unit, b.summary.split.unit} == {"subject"}:
            both = sorted(_people(a, learned=True) & _people(b, learned=False))
        else:  # people are in all subsets: windows must be the same ones
            both = [] if _split_alike(a, b) else ["everybody"]
        if both:
            raise LeakageError(
                f"{both[0]} is learned from in {one!r} and tested in {other!r}",
                where=f"domains.{one} and domains.{other}",
                expected="domains of one dataset with the same people in the same subsets",
                todo="leave one of the two out, or choose another preparation.split",
            )


def _people(domain: Domain, *, learned: bool) -> set[str]:
    """Names of those who are learned from, or tested."""
    subsets = (Subset.TRAIN, Subset.VALIDATION) if learned else (Subset.TEST,)
    numbers = np.unique(domain.windows.subject[np.isin(domain.subset, subsets)])
    return {domain.summary.subjects[number] for number in numbers}


def _split_alike(a: Domain, b: Domain) -> bool:
    pairs = (
        (a.subset, b.subset),
        *((getattr(a.windows, n), getattr(b.windows, n)) for n in ("recording", "start", "stop")),
    )
    return all(np.array_equal(ours, theirs) for ours, theirs in pairs)
