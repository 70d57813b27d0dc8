"""The cohort trainer: many cells in one tensor program.

The networks stand side by side as one (`crosswear.networks.models.side_by_side`). Their frozen
blocks are not run again in every step: a cohort begins where they end, see
`crosswear.engine.cached_inputs`. The oracle is `crosswear.engine.reference`.
"""

from __future__ import annotations

import time

import torch

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.engine.cached_inputs import InputCache
from crosswear.engine.classical import ClassicalTrainer
from crosswear.engine.grouping import CLASSICAL
from crosswear.engine.joint import open_target
from crosswear.engine.subsets import adaptation_set, count, majority, source_weights, weight_seed
from crosswear.engine.task import Cohort, Outcome, Task
from crosswear.engine.training import Member, Target, Training
from crosswear.engine.zero_label import train_on_shared_classes
from crosswear.grid.labels import ALIGNMENTS
from crosswear.grid.result import CellResult, Timing
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.models import build
from crosswear.networks.transfer import adapt_statistics, plan_transfer


class CohortTrainer:
    """Trains and tests cohorts on a torch device.

    Args:
        device: `cpu` or `cuda`.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.cached_inputs = InputCache(device)
        self.classical = ClassicalTrainer(self.cached_inputs)

    def __call__(self, cohort: Cohort) -> list[Outcome]:
        """Train the cells of a cohort (`crosswear.engine.grouping`) and test each."""
        domain, heads = open_target(cohort[0])
        if cohort[0].cell.method == "majority":
            return [majority(task, domain) for task in cohort]
        if cohort[0].cell.method in CLASSICAL:
            return self.classical(cohort, domain)
        if cohort[0].cell.method in ALIGNMENTS:
            return [train_on_shared_classes(task, self.device) for task in cohort]
        start = time.perf_counter()
        members = [self._enter(task, domain) for task in cohort]
        model, train = _settings(cohort[0])
        target = Target(
            x=domain.windows.x,
            y=domain.windows.y,
            validation=domain.indices(Subset.VALIDATION),
            classes=len(domain.classes),
            samples=domain.samples,
            heads=heads,
        )
        training = Training(members, target, model, train, self.device)
        histories, epochs = training.fit()
        trained = time.perf_counter()
        test = domain.indices(Subset.TEST)
        predicted = training.scores(test).argmax(dim=2).numpy(force=True)
        counts = [count(domain, one) for one in predicted]
        tested = time.perf_counter()
        share = len(cohort)
        timing = Timing(train_s=(trained - start) / share, test_s=(tested - trained) / share)
        return [
            Outcome(
                member.task,
                CellResult(
                    len(domain.classes),
                    counts[copy],
                    histories[copy],
                    epochs[copy],
                    member.transferred,
                ),
                timing,
                Checkpoint(
                    model, domain.classes, domain.samples, training.state(copy), domain.sensors
                )
                if member.task.cell.method == "source"
                else None,
            )
            for copy, member in enumerate(members)
        ]

    def _enter(self, task: Task, domain: Domain) -> Member:
        cell = task.cell
        model, train = _settings(task)
        size = len(domain.classes), domain.samples
        network = build(model, *size, weight_seed(cell), domain.sensors)
        rows = adaptation_set(cell, domain)
        report, weights = None, None
        if cell.transfer is not None:
            known = (cell.transfer, cell.blocks, cell.branches, task.source_sensors)
            plan = plan_transfer(network, *known)
            report = plan.apply(network, source_weights(task, model, domain))
            weights = str(task.source or cell.study_seed)
            if cell.transfer.frozen_batchnorm == "adapt":
                adapt_statistics(network, plan.frozen, torch.from_numpy(domain.windows.x[rows]))
                weights = task.key
        frozen = report.frozen if report else ()
        shared = (task.domains, domain.sensors, model, train.precision)
        origin = (*shared, weights if frozen else None)
        cached_input = self.cached_inputs.get(origin, domain.windows.x, network, frozen, train)
        return Member(task, network, cached_input, rows, report)


def _settings(task: Task) -> tuple[ModelConfig, TrainConfig]:
    if task.cell.model is None or task.cell.train is None:
        raise ValueError("a network's cell has model and train settings")
    return task.cell.model, task.cell.train
