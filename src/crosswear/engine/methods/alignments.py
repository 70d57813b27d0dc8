"""Zero-label transfer: a network learns shared classes from a source and is tested on a target.

Of the target it may see the train windows, all of them: a user's unlabelled recordings hold other
activities too, and to leave those out would take labels. What the alignments do with them:

- `source-only`: nothing.
- `adabn`: re-estimates the statistics of every batch norm, once, after training (Li et al.,
  "Revisiting batch normalization for practical domain adaptation", 2016).
- `mmd`, `adversarial`: an equal number of them joins every batch, and a loss makes the features of
  both alike (`crosswear.engine.alignment`), as Ding et al. do from person to person ("Empirical
  study and improvement on deep transfer learning for human activity recognition", Sensors 19(1),
  2019).
- `target-labels`: learns from them with their labels, in place of the source's: what could be.

All have the same initial weights and see the source's windows in the same order.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from crosswear.core.config import TrainConfig
from crosswear.core.errors import DomainError
from crosswear.core.keys import seed_for
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain, load_domain
from crosswear.engine.cached_inputs import BATCH, CachedInput, raw_input
from crosswear.engine.methods.base import Resources, TrainableMethod
from crosswear.engine.subsets import arithmetic, batches, count_some, learning_rate
from crosswear.engine.task import Cohort, Outcome, Task
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import METHODS
from crosswear.grid.result import CellResult, EpochScore, Timing
from crosswear.networks.kernels import implementation
from crosswear.networks.models import build, declared
from crosswear.networks.transfer import adapt_statistics
from crosswear.networks.uncompiled import Adam


@dataclass(frozen=True, eq=False)
class LabelledInput:
    """Windows of a domain as a network takes them in, with their shared classes.

    Attributes:
        cached_input: what depends on no weight, see `Network.cached_input`.
        y: int64 [n], shared classes.
    """

    cached_input: CachedInput
    y: Tensor


class AlignmentMethod(TrainableMethod):
    """A method that trains networks with an alignment, one at a time.

    Args:
        likeness: makes, for so many features, the loss that windows of both domains enter.
        adapts_statistics: whether the batch norms are re-estimated on the target.
    """

    def __init__(
        self,
        likeness: Callable[[int], nn.Module] | None = None,
        *,
        adapts_statistics: bool = False,
    ) -> None:
        self.likeness = likeness
        self.adapts_statistics = adapts_statistics
        self.windows_per_step = 2 if likeness else 1

    def train(self, cohort: Cohort, resources: Resources) -> list[Outcome]:
        """See `TrainableMethod.train`.

        Raises:
            DomainError: if no window to learn from, or none to test, is of a shared class.
        """
        return [self._train(task, resources.device) for task in cohort]

    def _train(self, task: Task, device: str) -> Outcome:
        cell, start = task.cell, time.perf_counter()
        model, train = cell.model, cell.train
        if model is None or train is None:
            raise ValueError("a network's cell has model and train settings")
        target = load_domain(task.target)
        unlabelled = target.indices(Subset.TRAIN)
        size = len(cell.shared), target.samples
        network = build(model, *size, _seed(cell, "weights"), target.sensors)
        if METHODS[cell.method].sees == "labels":
            teacher, names = target, [one.target for one in cell.shared]
        else:
            teacher = load_domain(task.source_domains[0])
            names = [one.source for one in cell.shared]
        rows, y = _of_shared_classes(teacher, Subset.TRAIN, names)
        labelled = LabelledInput(
            _input(teacher, rows, network, device), torch.from_numpy(y).to(device)
        )
        other = _input(target, unlabelled, network, device) if self.likeness else None
        history = self._fit(network, cell, train, labelled, other)
        if self.adapts_statistics:
            x = torch.from_numpy(target.windows.x[unlabelled]).to(device)
            adapt_statistics(network, ("",), x)  # "": the whole network
        trained = time.perf_counter()
        test, y = _of_shared_classes(target, Subset.TEST, [one.target for one in cell.shared])
        predicted = _classify(network, _input(target, test, network, device), train)
        counts = count_some(target, test, y, predicted)
        timing = Timing(trained - start, time.perf_counter() - trained)
        result = CellResult(len(cell.shared), counts, history, train.epochs)
        return Outcome(task, result, timing, blocks=implementation(train.precision))

    def _fit(
        self,
        network: nn.Module,
        cell: Cell,
        config: TrainConfig,
        labelled: LabelledInput,
        other: CachedInput | None,
    ) -> tuple[EpochScore, ...]:
        """Train in place, with unlabelled windows beside the labelled ones where there are any."""
        count, device = len(labelled.y), labelled.y.device
        likeness = self._likeness(cell, network, labelled.cached_input).to(device)
        optimiser = Adam([*network.parameters(), *likeness.parameters()], fused=True)
        order = np.random.default_rng(_seed(cell, "order"))
        strangers = _endless(len(other[0]), _seed(cell, "unlabelled")) if other else iter(())
        history, update = [], 0
        network.train()
        for epoch in range(config.epochs):
            total, seen = 0.0, 0
            for batch in batches(count, config.batch_size, order):
                cached_input = _rows(labelled.cached_input, batch)
                if other is not None:
                    drawn = np.fromiter(itertools.islice(strangers, len(batch)), np.int64)
                    parts = zip(cached_input, _rows(other, drawn), strict=True)
                    cached_input = tuple(torch.cat(both) for both in parts)
                features, logits = _look(network, cached_input, config, device.type)
                y = labelled.y[torch.from_numpy(batch).to(device)]
                loss = functional.cross_entropy(logits[: len(y)], y)
                total += loss.item() * len(y)
                penalty = sum(weight.square().sum() for weight in declared(network).regularised)
                loss = loss + config.l2 * penalty
                if other is not None:
                    progress = (epoch + seen / count) / config.epochs
                    loss = loss + likeness(features[: len(y)], features[len(y) :], progress)
                optimiser.param_groups[0]["lr"] = learning_rate(config, update)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                update, seen = update + 1, seen + len(y)
            history.append(EpochScore(total / count))
        network.eval()
        return tuple(history)

    def _likeness(self, cell: Cell, network: nn.Module, cached_input: CachedInput) -> nn.Module:
        """The loss that makes features alike; without one, a module without weights."""
        if self.likeness is None:
            return nn.Identity()
        features = declared(network).features(_rows(cached_input, np.arange(1)), ()).shape[2]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_seed(cell, "likeness"))
            return self.likeness(features)


def _look(
    network: nn.Module, cached_input: CachedInput, config: TrainConfig, device: str
) -> tuple[Tensor, Tensor]:
    """Features [n, F] and class scores [n, C] of windows, float32."""
    parts = declared(network)
    (head,) = (network.get_submodule(name) for name in parts.head_unit)
    with arithmetic(config, device):
        features = parts.features(cached_input, ())
        logits = head(features)
    return features[0].float(), logits[0].float()


@torch.inference_mode()
def _classify(
    network: nn.Module, cached_input: CachedInput, config: TrainConfig
) -> NDArray[np.int64]:
    """The class of each window."""
    batches = zip(*(torch.split(part, BATCH) for part in cached_input), strict=True)
    logits = [_look(network, some, config, cached_input[0].device.type)[1] for some in batches]
    classes: NDArray[np.int64] = torch.cat(logits).argmax(dim=1).numpy(force=True)
    return classes


def _input(domain: Domain, rows: NDArray[np.int64], network: nn.Module, device: str) -> CachedInput:
    cached_input = raw_input(domain.windows.x[rows], network, device)
    network.to(device)  # it was left on the CPU
    return cached_input


def _of_shared_classes(
    domain: Domain, subset: Subset, names: Sequence[tuple[str, ...]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Windows [n] of a subset that are of a shared class, and the shared class [n] of each.

    Args:
        domain: source or target.
        subset: of it.
        names: of its classes, for each shared class.
    """
    shared = {name: number for number, some in enumerate(names) for name in some}
    table = np.array([shared.get(name, -1) for name in domain.classes], dtype=np.int64)
    rows = domain.indices(subset)
    y = table[domain.windows.y[rows]]
    if (y < 0).all():
        raise DomainError(
            f"no window of the {subset.name.lower()} subset is of a shared class",
            where=domain.summary.reference,
            todo="name other classes in [labels]",
        )
    return rows[y >= 0], y[y >= 0]


def _rows(cached_input: CachedInput, rows: NDArray[np.int64]) -> CachedInput:
    index = torch.from_numpy(rows).to(cached_input[0].device)
    return tuple(part[index] for part in cached_input)


def _endless(count: int, seed: int) -> Iterator[int]:
    """So many windows in random order, again and again."""
    rng = np.random.default_rng(seed)
    while True:
        yield from rng.permutation(count)


def _seed(cell: Cell, purpose: str) -> int:
    """The same for all alignments."""
    places: tuple[str | int, ...] = (cell.target, *cell.sources, cell.split, cell.seed)
    return seed_for(cell.study_seed, "shared classes", *places, purpose)
