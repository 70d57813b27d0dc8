"""Choice of the model for labelled windows, and its expected score on other people."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from crosswear.adaptation.budget import Budget
from crosswear.adaptation.encoder_learner import encoder_learners
from crosswear.adaptation.familiar_reference import Familiar, calibrate_reference
from crosswear.adaptation.learners import (
    ClassicalLearner,
    Floats,
    Learner,
    NetworkLearner,
    State,
    TrainingData,
)
from crosswear.adaptation.network import NetworkTrainer, network_plans
from crosswear.adaptation.scoring import expected_share, paired_gain
from crosswear.adaptation.successive_halving import (
    CLASSICAL_SHARE,
    Evaluation,
    affordable_folds,
    evaluate_candidates,
)
from crosswear.baselines import BUNDLED
from crosswear.core.config import ModelConfig
from crosswear.core.errors import UsageError
from crosswear.core.intervals import Interval
from crosswear.core.keys import seed_for
from crosswear.core.texts import Note, install
from crosswear.deploy.bundle.classifier import Calibrated, logits_of_classifier, logits_of_network
from crosswear.deploy.bundle.kinds import CLASSICAL_KINDS
from crosswear.deploy.bundle.manifest import Kind
from crosswear.engine.transfer_source import model_for
from crosswear.grid.methods import METHODS, Role
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.threads import one_thread
from crosswear.signal.calibration import fit_temperature, tempered, unsure_below
from crosswear.signal.folds import Fold, make_folds
from crosswear.signal.windows import in_steps

OF_AEON: tuple[Kind, ...] = ("vote", "minirocket")
KINDS: tuple[Kind, ...] = ("vote", "minirocket", "forest", "encoder", "network")
"""Kinds of candidates, in order of preference: at few labels the vote scores best on average
(docs/results.md), and networks take longest."""
ENCODER_SHARE = 0.2
"""Of the budget, at most, for the features of one encoder."""
CONFIDENCE_OF_GAIN = 0.8
"""Confidence of the two-sided interval of the gain over a preferred candidate, which must lie above
0: the chosen one is better with a probability of 90 %."""


@dataclass(frozen=True)
class CandidateResult:
    """Score of a candidate.

    Attributes:
        name, kind: of the candidate.
        micro_f1: on the test windows of the folds that it ran; None if it ran none.
        folds: number of these folds.
        seconds: how long they took.
        behind: gain of the chosen one over it, if both ran all folds.
    """

    name: str
    kind: Kind
    micro_f1: float | None
    folds: int
    seconds: float
    behind: Interval | None


@dataclass(frozen=True, eq=False)
class Chosen:
    """The chosen model.

    Attributes:
        learner: the chosen candidate.
        state: its arrays, trained on all windows.
        model: settings of the network; None for a classical classifier.
        expected: micro-F1 to expect on as many new groups: of the whole procedure, choice
            included, with its 95 % prediction interval.
        standings: all candidates, the best first.
        folds: train and test windows.
        scored: int64 [n], the test windows of all folds.
        out_of_fold: calibrated probabilities [n, C] that the chosen candidate gave them.
        temperature: of the calibration.
        threshold: answers with a smaller probability are more likely wrong than right.
        familiar: windows like those that it has learned from; None if too few people are tested.
    """

    learner: Learner
    state: State
    model: ModelConfig | None
    expected: Interval
    standings: tuple[CandidateResult, ...]
    folds: tuple[Fold, ...]
    scored: NDArray[np.int64]
    out_of_fold: Floats
    temperature: float
    threshold: float
    familiar: Familiar | None

    def classifier(self, samples: int) -> Calibrated:
        """Return the calibrated classifier of windows [n, 3, L], L = `samples`."""
        if self.model is None:
            logits = logits_of_classifier(CLASSICAL_KINDS[self.learner.kind].load(self.state))
        else:
            names = tuple(map(str, range(self.out_of_fold.shape[1])))
            state = {name: torch.from_numpy(np.array(one)) for name, one in self.state.items()}
            logits = logits_of_network(Checkpoint(self.model, names, samples, state).network())
        return Calibrated(logits, self.temperature, samples)


def choose(
    data: TrainingData,
    sources: Mapping[str, Checkpoint],
    budget_s: float,
    *,
    kinds: Sequence[Kind] = KINDS,
    model: ModelConfig | None = None,
    note: Note = lambda sentence: None,
) -> Chosen:
    """Choose among classical classifiers, a network from scratch and transferred networks.

    Candidates are compared by cross-validation over groups. The first of `KINDS` is chosen unless
    another is clearly better (`prefer_first`), so a transfer without a clear gain is not used.

    The expected score includes the choice: for each fold, the candidate is taken that is best on
    the *other* folds (Tsamardinos et al., "Bootstrapping the out-of-sample predictions for
    efficient and accurate cross-validation", 2018, discuss why that suffices). Test windows whose
    class is not in a fold's training windows count as wrong: they estimate how many windows of
    new people are of classes that no one labelled (Good and Turing). The number of folds is decided
    before they run, from timings of the candidates: every group is tested.

    Args:
        data: the labelled windows; of each of `data.others` a sample is drawn, and each of
            `data.encoders` is a candidate.
        sources: source networks by name.
        budget_s: seconds for all of it, approximately.
        kinds: kinds of candidates.
        model: settings of the network from scratch; without it, those of `model_for`.
        note: takes a sentence about each restriction of the candidates.

    Raises:
        DomainError: if there are too few groups for cross-validation.
        TransferError: if a source does not fit the windows.
        CheckpointError: if the file of an encoder is damaged.
    """
    budget = Budget(budget_s)
    drawn = [one.draw(seed_for(data.seed, "others", i)) for i, one in enumerate(data.others)]
    x = in_steps(np.ascontiguousarray(data.x, np.float32))
    data = replace(data, x=x, others=drawn)
    y, groups = data.y, data.groups
    folds = make_folds(y, groups, seed_for(data.seed, "folds"))
    model = model or model_for(x.shape[2])
    of_networks = any(METHODS[kind].role is Role.NETWORK for kind in kinds)
    if model is None and of_networks:
        note(f"no network takes part: windows of {x.shape[2]} samples are too short")
    with_networks = model is not None and of_networks
    trainer = NetworkTrainer(x, y, data.classes, sources, model or ModelConfig(), data.seed)
    networks = [NetworkLearner(plan, trainer) for plan in network_plans(sources) if with_networks]
    with one_thread():
        classical = _classical(kinds, data, budget_s, len(folds), note)
        if any(METHODS[kind].role is Role.ENCODER for kind in kinds):
            classical += encoder_learners(data.encoders, data, ENCODER_SHARE * budget_s, note)
        most = affordable_folds(classical, networks, len(folds), len(y), budget.left)
        if most < len(folds):
            note(
                f"{most} folds instead of {len(folds)}: the budget is too short to test each "
                "person (or occurrence) alone. The expected score is of models that learn from less"
            )
            folds = make_folds(y, groups, seed_for(data.seed, "folds"), most)
        evaluations, run = evaluate_candidates(classical, networks, folds, data, budget.left, note)
        finalists = [one for one in evaluations if one.folds == len(run)]
        if not finalists:
            raise UsageError(
                "there is no time to try any candidate",
                where=f"a budget of {budget_s:g} s",
                expected="time for one network in all folds",
                todo="give it a longer budget, or let classical classifiers take part",
            )
        scored = np.sort(np.concatenate([fold.test for fold in run]))
        correct = _correct(finalists, y)
        winner = finalists[prefer_first(correct[:, scored], groups[scored])]
        state = winner.learner.final()
    answers = winner.out_of_fold[scored]
    temperature = fit_temperature(answers, y[scored])
    answers = tempered(answers, temperature)
    return Chosen(
        learner=winner.learner,
        state=state,
        model=trainer.model(plan) if (plan := winner.learner.plan) else None,
        expected=_expected(correct, groups, run, scored),
        standings=_standings(evaluations, winner, data, scored),
        folds=tuple(run),
        scored=scored,
        out_of_fold=answers,
        temperature=temperature,
        threshold=unsure_below(answers, y[scored]),
        familiar=calibrate_reference(data, run, scored, answers.argmax(axis=1)),
    )


def prefer_first(correct: NDArray[np.bool_], groups: NDArray[np.integer]) -> int:
    """Return the first candidate that the best one does not beat with `CONFIDENCE_OF_GAIN`.

    Args:
        correct: bool [K, n], windows that each candidate classifies correctly, in order of
            preference.
        groups: [n].
    """
    leader = int(correct.mean(axis=1).argmax())
    for number, one in enumerate(correct[:leader]):
        if not paired_gain(correct[leader], one, groups, CONFIDENCE_OF_GAIN).exceeds(0):
            return number
    return leader


def _expected(
    correct: NDArray[np.bool_],
    groups: NDArray[np.integer],
    folds: Sequence[Fold],
    scored: NDArray[np.int64],
) -> Interval:
    """Return the expected score of the choice, from `correct` [K, N]."""
    nested = np.zeros(correct.shape[1], np.bool_)
    for fold in folds:
        rest = np.setdiff1d(scored, fold.test)
        nested[fold.test] = correct[prefer_first(correct[:, rest], groups[rest])][fold.test]
    asked = np.sort(np.concatenate([scored, *(fold.unknown for fold in folds)]))
    return expected_share(nested[asked], groups[asked])


def _classical(
    kinds: Sequence[Kind], data: TrainingData, budget_s: float, folds: int, note: Note
) -> list[Learner]:
    chosen: list[Kind] = [kind for kind in KINDS if kind in {*kinds} & {*BUNDLED}]
    if importlib.util.find_spec("aeon") is None and {*chosen} & {*OF_AEON}:
        chosen = [kind for kind in chosen if kind not in OF_AEON]
        note(f"classifiers with MiniRocket are left out. To include them: {install('minirocket')}")
    found: list[Learner] = []
    for kind in chosen:
        share = CLASSICAL_SHARE * budget_s / len(chosen) / (folds + 1)
        learner = ClassicalLearner(kind, data, share)
        if learner.max_windows < len(data.y):
            note(
                f"{kind} learns from {learner.max_windows} of {len(data.y)} windows: there is no "
                "time for more"
            )
        found.append(learner)
    return found


def _correct(evaluations: Sequence[Evaluation], y: NDArray[np.integer]) -> NDArray[np.bool_]:
    answers = np.stack([np.nan_to_num(one.out_of_fold, nan=-1.0) for one in evaluations])
    found: NDArray[np.bool_] = answers.argmax(axis=2) == y
    return found


def _standings(
    evaluations: Sequence[Evaluation],
    winner: Evaluation,
    data: TrainingData,
    scored: NDArray[np.int64],
) -> tuple[CandidateResult, ...]:
    found = []
    ours, groups = _correct([winner], data.y)[0, scored], data.groups[scored]
    for one in evaluations:
        behind = None
        if one.folds == winner.folds and one is not winner:
            behind = paired_gain(ours, _correct([one], data.y)[0, scored], groups)
        learner, micro_f1 = one.learner, one.accuracy if one.folds else None
        found.append(
            CandidateResult(learner.name, learner.kind, micro_f1, one.folds, one.seconds, behind)
        )
    found.sort(key=lambda one: (one.name != winner.learner.name, -one.folds, -(one.micro_f1 or 0)))
    return tuple(found)
