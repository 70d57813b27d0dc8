"""Pretraining: one network that learns several domains at once, with a head for each.

It is trained as a joint source of a study is, but for the shares of the domains in a step: they
grow with the root of their sizes, so that a large domain teaches more than a small one, and does
not drown it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.engine.cached_inputs import raw_input
from crosswear.engine.heads import Heads
from crosswear.engine.joint import join
from crosswear.engine.subsets import weight_seed
from crosswear.engine.task import Task
from crosswear.engine.training import Member, Target, Training
from crosswear.grid.experiment import Cell
from crosswear.grid.pretraining_file import PretrainingDesign
from crosswear.grid.result import EpochScore
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.models import build
from crosswear.networks.threads import one_torch_thread


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A trained network, its heads included.

    Attributes:
        checkpoint: the network.
        epoch: the one whose weights it has, from 1.
        scores: micro-F1 on the validation windows of each domain by its name.
    """

    checkpoint: Checkpoint
    epoch: int
    scores: Mapping[str, float]


def pretrain(
    design: PretrainingDesign,
    domains: Mapping[str, Domain],
    device: str = "cpu",
    after_epoch: Callable[[EpochScore], None] | None = None,
) -> Pretrained:
    """Train a network on the train windows of domains.

    The epoch is chosen by their validation windows. No test window is read.

    Args:
        design: settings of network and training.
        domains: by their names in the design.
        device: `cpu` or `cuda`.
        after_epoch: takes the losses and the score of each epoch.

    Raises:
        UsageError: if the windows are too short for the network.
    """
    learned = [_without_test(one) for one in domains.values()]
    joined = join(tuple(domains), learned)
    heads = Heads(tuple(len(one.classes) for one in learned), by_root=True)
    rows, validation = joined.indices(Subset.TRAIN), joined.indices(Subset.VALIDATION)
    cell = Cell(
        "source",
        "+".join(domains),
        design.seed,
        len(rows),
        split=design.preparation.split,
        model=design.model,
        train=design.training,
    )
    x, y = joined.windows.x, joined.windows.y
    classes, samples = len(joined.classes), joined.samples
    network = build(design.model, classes, samples, weight_seed(cell))
    with one_torch_thread():
        member = Member(Task(cell, "", Path()), network, raw_input(x, network, device), rows, None)
        target = Target(x, y, validation, classes, samples, heads)
        training = Training([member], target, design.model, design.training, device)
        _, (epoch,) = training.fit(
            None if after_epoch is None else lambda scored: after_epoch(scored[0])
        )
        predicted = training.scores(validation)[0].argmax(dim=1).numpy(force=True)
        state = training.state(0)
    right, of_domain = predicted == y[validation], heads.domain_of(y[validation])
    scores = {name: float(right[of_domain == at].mean()) for at, name in enumerate(domains)}
    return Pretrained(Checkpoint(design.model, joined.classes, samples, state), epoch, scores)


def _without_test(domain: Domain) -> Domain:
    kept = np.flatnonzero(np.isin(domain.subset, (Subset.TRAIN, Subset.VALIDATION)))
    return replace(domain, windows=domain.windows.rows(kept), subset=domain.subset[kept])
