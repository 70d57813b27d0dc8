"""Networks: from scratch, transferred, and the source networks themselves, side by side.

The networks of a cohort stand side by side as one (`crosswear.networks.models.side_by_side`). Their
frozen blocks are not run again in every step: a cohort begins where they end, see
`crosswear.engine.cached_inputs`. Their oracle is the plain trainer of the tests.
"""

from __future__ import annotations

import time
from collections.abc import Hashable

import torch

from crosswear.core.config import ARCHITECTURES, ModelConfig, TrainConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.engine.device import DEVICES, step_windows
from crosswear.engine.joint import open_target
from crosswear.engine.methods.base import Resources, TrainableMethod
from crosswear.engine.subsets import adaptation_set, count, source_weights, weight_seed
from crosswear.engine.task import Cohort, Outcome, Task
from crosswear.engine.training import LANES, Member, Target, Training
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import Role
from crosswear.grid.result import CellResult, Timing
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.kernels import implementation
from crosswear.networks.models import build
from crosswear.networks.transfer import adapt_statistics, plan_transfer


class NetworkMethod(TrainableMethod):
    """A method that trains networks side by side."""

    def train(self, cohort: Cohort, resources: Resources) -> list[Outcome]:
        """See `TrainableMethod.train`."""
        domain, heads = open_target(cohort[0])
        start = time.perf_counter()
        members = [_enter(task, domain, resources) for task in cohort]
        model, train = _settings(cohort[0])
        target = Target(
            x=domain.windows.x,
            y=domain.windows.y,
            validation=domain.indices(Subset.VALIDATION),
            classes=len(domain.classes),
            samples=domain.samples,
            heads=heads,
        )
        training = Training(members, target, model, train, resources.device)
        histories, epochs = training.fit()
        trained = time.perf_counter()
        predicted = training.scores(domain.indices(Subset.TEST)).argmax(dim=2).numpy(force=True)
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
                if member.task.cell.role is Role.SOURCE
                else None,
                blocks=implementation(train.precision),
            )
            for copy, member in enumerate(members)
        ]

    def width(self, cell: Cell, device: str) -> int:
        """See `TrainableMethod.width`."""
        if cell.train is None or cell.model is None or any(n % LANES for n in cell.model.filters):
            return 1
        windows = min(cell.size, cell.train.batch_size)
        width = step_windows(cell.model, cell.train, device)
        return max(1, min(width // windows, DEVICES[device].cells))

    def alike(self, cell: Cell) -> Hashable:
        """See `TrainableMethod.alike`."""
        shape = (cell.method, cell.size, cell.model, cell.train, self.frozen_parts(cell))
        if cell.train is None or cell.train.layer_decay == 1:
            return shape
        return (*shape, cell.transfer, cell.branches, cell.blocks)  # what is copied decides rates


def may_be_compiled(cell: Cell) -> bool:
    """Return whether it has residual blocks, which `networks.kernels` can compute."""
    return cell.model is not None and ARCHITECTURES[cell.model.name].residual


def _enter(task: Task, domain: Domain, resources: Resources) -> Member:
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
    cached_input = resources.cached_inputs.get(
        origin, domain.windows.x, network, frozen, train, domain.folder.parent
    )
    return Member(task, network, cached_input, rows, report)


def _settings(task: Task) -> tuple[ModelConfig, TrainConfig]:
    if task.cell.model is None or task.cell.train is None:
        raise ValueError("a network's cell has model and train settings")
    return task.cell.model, task.cell.train
