"""The axes of a study, as a study file gives them."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

import pydantic
from pydantic import Field
from pydantic.dataclasses import dataclass as settings

from crosswear.core.config import SETTINGS, Branches
from crosswear.core.validation import NAME, SOURCES
from crosswear.grid.methods import Alignment, Baseline

LEAVE_ONE_OUT = "leave-one-subject-out"
"""Value of `Grid.splits`: each person of a domain is tested once, by networks of the others."""


def _check_size(size: int | str) -> int | str:
    if isinstance(size, int) and size >= 2:
        return size
    if isinstance(size, str) and re.fullmatch(r"(100|[1-9]?[0-9])%", size):
        return size
    raise ValueError("a number of windows, at least 2, or per cent as in '50%'")


Size: TypeAlias = Annotated[int | str, pydantic.AfterValidator(_check_size)]


def _check_splits(splits: int | str) -> int | str:
    if splits == LEAVE_ONE_OUT or (isinstance(splits, int) and 1 <= splits <= 100):
        return splits
    raise ValueError(f"a number from 1 to 100, or {LEAVE_ONE_OUT!r}")


Splits: TypeAlias = Annotated[int | str, pydantic.AfterValidator(_check_splits)]
Name: TypeAlias = Annotated[str, Field(pattern=NAME)]
SourceName: TypeAlias = Annotated[str, Field(pattern=SOURCES)]


@settings(frozen=True, config=SETTINGS)
class Grid:
    """The axes of a study.

    Attributes:
        sizes: windows in the adaptation set, or per cent of the smallest domain's train subset.
        blocks: numbers of blocks that are transferred (0: none is frozen or copied).
        branches: which branches of the network are transferred: `both`, or one alone. The
            spectral branch is one unit, and counts as no block or as all of them.
        seeds: how often each cell is repeated, with another draw and other fresh weights.
        splits: how often the whole study is repeated, with other subjects to train and to test;
            from `preparation.split` on. `"leave-one-subject-out"`: as often as a domain has
            people, with another one to test each time; domains that are split by occurrence
            keep their split.
        sources: domains that are sources; several at once as in `a+b`, or `others`, all domains
            but the target; and `random`, the network that has learned nothing. Every domain
            without it.
        baselines: what else is trained on the same windows, beside the network from scratch.
        alignments: what is tried on the classes that domains share, without labels of the target;
            only with them may `sizes` and `blocks` be empty.
        whitening: `minirocket`, `vote`, `kernel` and `stack` once more, with features that are
            whitened by labelled windows of all other domains.
        networks: whether any is trained; without, `blocks` are empty, and baselines are compared.
    """

    sizes: tuple[Size, ...]
    blocks: tuple[Annotated[int, Field(ge=0)], ...]
    branches: Annotated[tuple[Branches, ...], Field(min_length=1)] = ("both",)
    seeds: Annotated[int, Field(ge=1, le=1000)] = 1
    splits: Splits = 1
    sources: Annotated[tuple[SourceName, ...], Field(min_length=1)] | None = None
    baselines: tuple[Baseline, ...] = ("majority", "forest")
    alignments: tuple[Alignment, ...] = ()
    whitening: bool = False
    networks: bool = True
