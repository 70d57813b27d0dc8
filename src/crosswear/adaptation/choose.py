"""Which model to ship for some labelled windows, and how well it will do on other people."""

from __future__ import annotations

import contextlib
import importlib.util
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from crosswear.adaptation.calibrate import fit_temperature, tempered, unsure_below
from crosswear.adaptation.folds import Fold, make_folds
from crosswear.adaptation.learners import (
    ClassicalLearner,
    Floats,
    Learner,
    NetworkLearner,
    State,
    TrainingData,
)
from crosswear.adaptation.network import NetworkTrainer, model_for, plans
from crosswear.adaptation.race import CLASSICAL_SHARE, Entry, Note, race
from crosswear.adaptation.scoring import Interval, expected_share, paired_gain
from crosswear.baselines import BASELINES
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.config import ModelConfig
from crosswear.core.errors import UsageError
from crosswear.core.keys import seed_for
from crosswear.core.texts import install
from crosswear.deploy.bundle.manifest import Kind
from crosswear.grid.methods import METHODS, Role
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.models import one_torch_thread
from crosswear.signal.windows import in_steps

KINDS: tuple[Kind, ...] = ("vote", "minirocket", "forest", "network")
OF_AEON: tuple[Kind, ...] = ("vote", "minirocket")
SURENESS = 0.8
"""Of the two-sided interval of the gain over a simpler candidate that must lie above 0: as sure as
nine in ten that it is no worse."""


@dataclass(frozen=True)
class CandidateResult:
    """What became of a candidate.

    Attributes:
        name, kind: who.
        micro_f1: of the windows held back in the folds that it ran; None if it ran none.
        folds: how many.
        seconds: what they took.
        behind: by how much the chosen one is better, where both ran all folds.
    """

    name: str
    kind: Kind
    micro_f1: float | None
    folds: int
    seconds: float
    behind: Interval | None


@dataclass(frozen=True, eq=False)
class Chosen:
    """A choice.

    Attributes:
        learner: the chosen candidate.
        state: its arrays, learned from all windows.
        model: settings of the network; None for a classical classifier.
        expected: micro-F1 to expect on as many new groups: of the whole procedure, choice
            included, with its 95 % prediction interval.
        standings: all candidates, the best first.
        folds: what was held back in turn.
        scored: int64 [n], the windows that were.
        held_back: calibrated probabilities [n, C] that the chosen candidate gave them meanwhile.
        temperature: of the calibration.
        threshold: answers with a smaller probability are more likely wrong than right.
    """

    learner: Learner
    state: State
    model: ModelConfig | None
    expected: Interval
    standings: tuple[CandidateResult, ...]
    folds: tuple[Fold, ...]
    scored: NDArray[np.int64]
    held_back: Floats
    temperature: float
    threshold: float


def choose(
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    groups: NDArray[np.integer],
    *,
    classes: int,
    rate_hz: float,
    sources: Mapping[str, Checkpoint],
    budget_s: float,
    seed: int,
    others: Sequence[LabelledWindows] = (),
    kinds: Sequence[Kind] = KINDS,
    model: ModelConfig | None = None,
    note: Note = lambda sentence: None,
) -> Chosen:
    """Choose among classical classifiers, a network from scratch and transferred ones.

    Candidates are compared on windows of groups that they did not learn from. The first of
    `KINDS` is chosen unless another is clearly better (`prefer`): a transfer that is not is not
    shipped.

    The score to expect is of the choice too: for each fold, the candidate is taken that is best on
    the *other* folds (Tsamardinos et al., "Bootstrapping the out-of-sample predictions for
    efficient and accurate cross-validation", 2018, discuss why that suffices). Windows of a class
    that nothing else was learned from count as wrong there: as many of new people's will be of
    classes that nobody labelled (the estimate of Good and Turing).

    Args:
        x: windows float32 [N, 3, L], in g.
        y: class of each [N], from 0 to `classes` - 1.
        groups: [N], whose windows stay together: people, or occurrences.
        classes: size of the class table.
        rate_hz: sampling rate of the windows.
        sources: source networks by name.
        budget_s: seconds for all of it, kept roughly.
        seed: of everything random.
        others: windows of other datasets, with classes of their own; of each some are drawn.
        kinds: which kinds take part.
        model: settings of the network from scratch; as many blocks as windows can carry without.
        note: takes a sentence about what was left out.

    Raises:
        DomainError: if nothing can be held back.
        TransferError: if a source does not fit the windows.
    """
    start = time.perf_counter()
    x = in_steps(np.ascontiguousarray(x, np.float32))
    drawn = [one.draw(seed_for(seed, "others", place)) for place, one in enumerate(others)]
    material = TrainingData(x, y, classes, rate_hz, seed, drawn)
    folds = make_folds(y, groups, seed_for(seed, "folds"))
    model = model or model_for(x.shape[2])
    of_networks = any(METHODS[kind].role is Role.NETWORK for kind in kinds)
    if model is None and of_networks:
        note(f"no network takes part: windows of {x.shape[2]} samples are too short")
    with_networks = model is not None and of_networks
    trainer = NetworkTrainer(x, y, classes, sources, model or ModelConfig(), seed)
    networks = [NetworkLearner(plan, trainer) for plan in plans(sources) if with_networks]
    with one_thread():
        classical = _classical(kinds, material, budget_s, len(folds), note)
        final_s = 0.05 * budget_s  # for what follows the race
        left = budget_s - final_s - (time.perf_counter() - start)
        entries, run = race(classical, networks, folds, y, classes, left, note)
        finalists = [one for one in entries if one.folds == len(run)]
        if not finalists:
            raise UsageError(
                "there is no time to try any candidate",
                where=f"a budget of {budget_s:g} s",
                expected="time for one network in all folds",
                todo="give it a longer budget, or let classical classifiers take part",
            )
        scored = np.sort(np.concatenate([fold.test for fold in run]))
        right = _right(finalists, y)
        best = prefer(right[:, scored], groups[scored])
        nested = np.zeros(len(y), np.bool_)
        for fold in run:
            rest = np.setdiff1d(scored, fold.test)
            nested[fold.test] = right[prefer(right[:, rest], groups[rest])][fold.test]
        asked = np.sort(np.concatenate([scored, *(fold.unknown for fold in run)]))
        winner = finalists[best]
        state = winner.learner.final()
    answers = winner.held_back[scored]
    temperature = fit_temperature(answers, y[scored])
    answers = tempered(answers, temperature)
    return Chosen(
        learner=winner.learner,
        state=state,
        model=trainer.model(plan) if (plan := winner.learner.plan) else None,
        expected=expected_share(nested[asked], groups[asked]),
        standings=_standings(entries, winner, y, groups, scored),
        folds=tuple(run),
        scored=scored,
        held_back=answers,
        temperature=temperature,
        threshold=unsure_below(answers, y[scored]),
    )


def prefer(right: NDArray[np.bool_], groups: NDArray[np.integer]) -> int:
    """The first candidate that the best one does not beat with `SURENESS`.

    Args:
        right: bool [K, n], which windows each candidate classifies right; simpler ones first.
        groups: [n].
    """
    leader = int(right.mean(axis=1).argmax())
    for number, mine in enumerate(right[:leader]):
        if paired_gain(right[leader], mine, groups, SURENESS).low <= 0:
            return number
    return leader


def _classical(
    kinds: Sequence[Kind], material: TrainingData, budget_s: float, folds: int, note: Note
) -> list[Learner]:
    chosen: list[Kind] = [kind for kind in KINDS if kind in {*kinds} & {*BASELINES}]
    if importlib.util.find_spec("aeon") is None and {*chosen} & {*OF_AEON}:
        chosen = [kind for kind in chosen if kind not in OF_AEON]
        note(f"nothing with MiniRocket takes part; {install('minirocket')}")
    found: list[Learner] = []
    for kind in chosen:
        share = CLASSICAL_SHARE * budget_s / len(chosen) / (folds + 1)
        learner = ClassicalLearner(kind, material, share)
        if learner.most < len(material.y):
            note(
                f"{kind} learns from {learner.most} of {len(material.y)} windows: there is no time "
                "for more"
            )
        found.append(learner)
    return found


def _right(entries: Sequence[Entry], y: NDArray[np.integer]) -> NDArray[np.bool_]:
    answers = np.stack([np.nan_to_num(one.held_back, nan=-1.0) for one in entries])
    found: NDArray[np.bool_] = answers.argmax(axis=2) == y
    return found


def _standings(
    entries: Sequence[Entry],
    winner: Entry,
    y: NDArray[np.integer],
    groups: NDArray[np.integer],
    scored: NDArray[np.int64],
) -> tuple[CandidateResult, ...]:
    found = []
    ours = _right([winner], y)[0]
    for one in entries:
        theirs = _right([one], y)[0]
        full = one.folds == winner.folds and one is not winner
        behind = paired_gain(ours[scored], theirs[scored], groups[scored]) if full else None
        score = one.share if one.folds else None
        found.append(
            CandidateResult(
                one.learner.name, one.learner.kind, score, one.folds, one.seconds, behind
            )
        )
    found.sort(key=lambda one: (one.name != winner.learner.name, -one.folds, -(one.micro_f1 or 0)))
    return tuple(found)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Sums over several threads depend on how many there are."""
    with one_torch_thread(), threadpool_limits(1):
        yield
