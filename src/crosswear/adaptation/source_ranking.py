"""Ranking of sources without training: which one to start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.encoder_learner import exclude_learned
from crosswear.adaptation.shared_people import exclude_shared_people
from crosswear.adaptation.transferability import logme, network_features
from crosswear.core.keys import seed_for
from crosswear.core.texts import Note
from crosswear.datasets.domain import Domain
from crosswear.encoders import Encoder
from crosswear.engine.transfer_source import Source
from crosswear.evidence.similarity import WindowSample, draw, sample, similarity
from crosswear.networks.checkpoint import load_checkpoint

Measure: TypeAlias = Literal["logme", "mmd", "a_distance", "label_overlap"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
SMALL_IS_SIMILAR: tuple[Measure, ...] = ("mmd", "a_distance")


@dataclass(frozen=True)
class RankedSource:
    """Measures of a source for a target.

    Attributes:
        source: its name.
        logme: LogME of the target's labels in its network's features; None without a network.
        mmd: maximum mean discrepancy of the windows' features, small if they are similar.
        a_distance: proxy A-distance, from 0 (similar) to 2.
        label_overlap: share of the classes that both declare by the same name.
    """

    source: str
    logme: float | None
    mmd: float
    a_distance: float
    label_overlap: float

    def promise(self, measure: Measure) -> float:
        """Return a measure with its sign such that larger is better; −∞ if it is unknown."""
        value = getattr(self, measure)
        if value is None:
            return -np.inf
        return -float(value) if measure in SMALL_IS_SIMILAR else float(value)


def recommend(
    target: Domain,
    sources: Sequence[Source],
    rate_hz: float,
    note: Note = lambda sentence: None,
) -> list[RankedSource]:
    """Rank sources, the most promising first: by LogME if all have a network, else by MMD.

    Args:
        target: the recordings to adapt to.
        sources: those that share people with the target are left out.
        rate_hz: sampling rate of the windows.
        note: takes a sentence about each source left out.
    """
    rows = draw(len(target.windows), seed_for("recommend"))
    ours = sample(target, rows, rate_hz)
    ranked = []
    for one in exclude_shared_people(target, sources, note):
        evidence = logme_of_source(one, target, rows) if one.trained else None
        theirs = draw_sample(one.domain, rate_hz)
        ranked.append(measure_source(one.name, theirs, ours, evidence))
    complete = all(one.logme is not None for one in ranked)
    return sorted(ranked, key=lambda one: -one.promise("logme" if complete else "mmd"))


@dataclass(frozen=True)
class RankedEncoder:
    """Measures of an imported encoder for a target.

    Attributes:
        encoder: name of its folder.
        logme: LogME of the target's labels in its features.
        untrained: likewise, in those of its untrained control.
    """

    encoder: str
    logme: float
    untrained: float


def rank_encoders(
    target: Domain,
    encoders: Sequence[Encoder],
    rate_hz: float,
    note: Note = lambda sentence: None,
) -> list[RankedEncoder]:
    """Rank imported encoders by LogME of their features, standardised; the most promising first.

    Args:
        target: the recordings with labels.
        encoders: those that have learned from the target's dataset are left out.
        rate_hz: sampling rate of the windows.
        note: takes a sentence about each encoder left out.

    Raises:
        UsageError: if the windows are shorter than an encoder's and its card refuses those.
    """
    rows = draw(len(target.windows), seed_for("recommend"))
    x, y = target.windows.x[rows], target.windows.y[rows]
    seed = seed_for("recommend", "untrained encoder")
    ranked = []
    for one in exclude_learned(target, encoders, note):
        features = (one.features(x, rate_hz, kind) for kind in (None, seed))
        ranked.append(
            RankedEncoder(one.folder.name, *(logme(_standardised(some), y) for some in features))
        )
    return sorted(ranked, key=lambda one: -one.logme)


def _standardised(features: NDArray[np.float32]) -> NDArray[np.float64]:
    spread = features.std(axis=0, dtype=np.float64)
    scores: NDArray[np.float64] = features - features.mean(axis=0, dtype=np.float64)
    scores /= np.where(spread > 0, spread, 1.0)
    return scores


def draw_sample(domain: Domain, rate_hz: float) -> WindowSample:
    """Draw the windows of a domain that measures of similarity compare; `rate_hz` is theirs."""
    return sample(domain, draw(len(domain.windows), seed_for("recommend")), rate_hz)


def measure_source(
    name: str, source: WindowSample, target: WindowSample, evidence: float | None
) -> RankedSource:
    """Return all measures of a source; `evidence` is LogME, None without a network."""
    found = similarity("", name, target, source)
    return RankedSource(name, evidence, found.mmd, found.a_distance, found.label_overlap)


def logme_of_source(source: Source, target: Domain, rows: NDArray[np.int64]) -> float:
    """Return LogME of the labels of target windows `rows` in the features of the source network."""
    network = load_checkpoint(source.network).network()
    return logme(network_features(network, target.windows.x[rows]), target.windows.y[rows])
