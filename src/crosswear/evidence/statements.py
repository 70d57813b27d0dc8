"""Plain data that the evidence of a study consists of: scores, contrasts, verdicts, findings.

Scores and differences of scores are shares from 0 to 1 (-1 to 1), not per cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.core.config import Branches
from crosswear.core.intervals import Interval
from crosswear.core.texts import counted
from crosswear.datasets.domain import DomainSummary
from crosswear.grid.experiment import UNTRAINED, StudyDesign
from crosswear.grid.methods import BASELINES, METHODS, Alignment, MethodName, Role
from crosswear.signal.metrics import majority_f1

Effect: TypeAlias = Literal["helps", "no difference", "hurts", "unknown"]
Support: TypeAlias = Literal["supported", "not supported", "undecided"]

ALPHA = 0.05
"""Error rate of tests and intervals."""


@dataclass(frozen=True, order=True)
class LearningMethod:
    """A method that learns from the adaptation set.

    Attributes:
        method: as in `crosswear.grid.experiment.Cell`; `source` networks are only scored.
        source: its name in the study: a domain, several joined by `+`, `others`, or `random`;
            empty where nothing is transferred.
        blocks: transferred blocks; 0 where nothing is transferred.
        branches: of the network, that are transferred.
    """

    method: MethodName
    source: str = ""
    blocks: int = 0
    branches: Branches = "both"

    @property
    def label(self) -> str:
        """Return the name in reports: `scratch`, `forest`, `transfer from dsads, 3 blocks`."""
        method = METHODS[self.method]
        if not self.source or not method.with_sources:
            return method.label
        origin = "an untrained network" if self.source == UNTRAINED else self.source
        branch = "" if self.branches == "both" else f"{self.branches} branch, "
        part = f"{branch}{counted(self.blocks, 'block')}"
        return method.with_sources.format(origin=origin, part=part)

    @property
    def role(self) -> Role:
        """The part of the method in the study."""
        return METHODS[self.method].role


SCRATCH = LearningMethod("network")
CLASSICAL = tuple(LearningMethod(name) for name in BASELINES)
"""Methods without a source that a user has. The majority classifier is only a floor."""


@dataclass(frozen=True)
class Contrast:
    """A paired difference of micro-F1: same windows, repetitions and test people.

    Attributes:
        difference: ours less theirs.
        p: two-sided, of no true difference; None where it is unknown.
        adjusted_p: corrected for all contrasts of its kind in the study (Holm).
    """

    difference: Interval
    p: float | None
    adjusted_p: float | None

    @property
    def effect(self) -> Effect:
        """Return the effect of ours after the correction."""
        if self.adjusted_p is None:
            return "unknown"
        if self.adjusted_p >= ALPHA:
            return "no difference"
        return "helps" if self.difference.value > 0 else "hurts"


@dataclass(frozen=True, eq=False)
class Score:
    """A method on one target with one size of the adaptation set.

    Attributes:
        target, approach, size: the subject of the score.
        done, repetitions: number of repetitions with a record, and number planned.
        micro_f1: None unless all are done; so are the others.
        macro_f1: mean over the repetitions.
        confusion: int64 [C, C], sum over the repetitions; row: true class.
        train_s: mean wall-clock seconds of a repetition.
    """

    target: str
    approach: LearningMethod
    size: int
    done: int
    repetitions: int
    micro_f1: Interval | None = None
    macro_f1: float | None = None
    confusion: NDArray[np.int64] | None = None
    train_s: float | None = None

    @property
    def majority_f1(self) -> float | None:
        """Micro-F1 of always answering the most frequent class; None unless all is done."""
        return None if self.confusion is None else majority_f1(self.confusion)


@dataclass(frozen=True)
class Verdict:
    """The verdict on transfer from a source to a target at a size.

    It is on the transfer of `StudyDesign.judged_branches`. The number of blocks is the one that was
    best on the *other* targets, so that it is not chosen on the windows that judge it.

    Attributes:
        target, source, size: the subject of the verdict.
        blocks: transferred; None where no other target has all its scores.
        micro_f1: of that transfer.
        over_scratch: against the network from scratch.
        over_untrained: against the same with an untrained network as the source.
        over_classical: against `classical`.
        classical: the best of the classical baselines on the test windows: a choice that favours
            them; empty where there is none.
    """

    target: str
    source: str
    size: int
    blocks: int | None
    micro_f1: Interval | None = None
    over_scratch: Contrast | None = None
    over_untrained: Contrast | None = None
    over_classical: Contrast | None = None
    classical: str = ""

    @property
    def effect(self) -> Effect:
        """Return the effect against scratch: *helps*, *no difference*, *hurts*, or *unknown*."""
        return self.over_scratch.effect if self.over_scratch else "unknown"


@dataclass(frozen=True)
class EncoderVerdict:
    """The verdict on an imported encoder on a target at a size.

    Attributes:
        target, encoder, size: the subject of the verdict.
        micro_f1: of a logistic regression on its features.
        over_untrained: against the same on the features of its untrained control.
        over_classical: against `classical`.
        classical: the best of the classical baselines on the test windows; empty where there is
            none.
    """

    target: str
    encoder: str
    size: int
    micro_f1: Interval | None
    over_untrained: Contrast | None
    over_classical: Contrast | None
    classical: str


@dataclass(frozen=True, eq=False)
class ZeroLabel:
    """A network on the classes that a source and a target share.

    Attributes:
        alignment: its use of the target.
        classes: number of shared classes.
        score: its approach is the alignment from that source; its size is 0.
        over_source_only: against the network that saw nothing of the target; None for that, and
            for the one that saw its labels.
    """

    alignment: Alignment
    classes: int
    score: Score
    over_source_only: Contrast | None

    @property
    def target(self) -> str:
        """The domain it was tested on."""
        return self.score.target

    @property
    def source(self) -> str:
        """The domain its labels are from, except with `target-labels`."""
        return self.score.approach.source


@dataclass(frozen=True)
class Similarity:
    """Similarity of a source and a target by train windows; see `crosswear.evidence.similarity`."""

    target: str
    source: str
    a_distance: float
    mmd: float
    label_overlap: float


MEASURES: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "a_distance": ("proxy A-distance", -1),
        "mmd": ("MMD", -1),
        "label_overlap": ("overlap of the class names", 1),
    }
)
"""Attribute of `Similarity`: its name, and 1 where large values mean similar domains, else -1."""


@dataclass(frozen=True)
class Finding:
    """A hypothesis, tested.

    Attributes:
        name: short, unique.
        question: the hypothesis as a question.
        support: the result.
        sentence: the answer with its numbers.
        measure: the meaning of `value`, e.g. `Spearman's rho`.
        value: correlation, contrast or windows, with its interval; None where undecidable.
        p: two-sided; None where there is none.
        n: number of observations.
    """

    name: str
    question: str
    support: Support
    sentence: str
    measure: str
    value: Interval | None
    p: float | None
    n: int


@dataclass(frozen=True, eq=False)
class Evidence:
    """The evidence of a study.

    Attributes:
        study: the study.
        text: its file.
        domains: the prepared domains of its first split, by name.
        done, failed, expected: cells.
        scores: by target, size and approach, in the order of the study.
        verdicts: by target, source and size; the untrained source has none.
        similarities: of each target with each trained source.
        findings: see `crosswear.evidence.hypotheses`.
        summary: the verdict in one paragraph.
        provenance: versions, hosts and times of the records, each value once.
        zero_label: every alignment on every pair of domains that share classes.
        source_networks: every source network on every domain that it was trained on; their size
            is 0.
        encoders: verdicts on imported encoders, by target, size and encoder.
        encoder_cards: a sentence about each of them: licence, origin, data.
    """

    study: StudyDesign
    text: str
    domains: Mapping[str, DomainSummary]
    done: int
    failed: int
    expected: int
    scores: tuple[Score, ...]
    verdicts: tuple[Verdict, ...]
    similarities: tuple[Similarity, ...]
    findings: tuple[Finding, ...]
    summary: str
    provenance: Mapping[str, tuple[str, ...]]
    zero_label: tuple[ZeroLabel, ...] = ()
    source_networks: tuple[Score, ...] = ()
    encoders: tuple[EncoderVerdict, ...] = ()
    encoder_cards: tuple[str, ...] = ()
