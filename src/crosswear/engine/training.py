"""Networks side by side on their way through the epochs.

Each has its own weights, order of the windows, dropout masks and choice of the epoch; what one gets
does not depend on the others, to the last bit on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from crosswear.core.config import NO_AUGMENTATION, ModelConfig, TrainConfig
from crosswear.engine.cached_inputs import CachedInput, abreast, rows_of
from crosswear.engine.device import scoring_windows
from crosswear.engine.heads import ONE_HEAD, Heads
from crosswear.engine.rates import layer_factors, set_rates
from crosswear.engine.subsets import arithmetic, noise_of, order_of, weight_seed
from crosswear.engine.task import Task
from crosswear.grid.result import EpochScore
from crosswear.networks.models import declared, side_by_side
from crosswear.networks.transfer import set_training
from crosswear.networks.transfer_report import TransferReport
from crosswear.networks.uncompiled import Adam
from crosswear.signal.augmentation import augment

LANES = 16
"""Kernels round whole vectors and the few values behind the last one in two ways.

Networks whose layers do not fill them would change with their neighbours: they are trained alone.
"""


@dataclass(frozen=True, eq=False)
class Member:
    """A cell of a cohort, ready to be trained.

    Attributes:
        task: the cell.
        network: its own network; the source's weights are in it.
        cached_input: what its frozen part makes of the domain.
        rows: int64 [n], its adaptation set, as windows of the domain.
        transferred: what its transfer plan did.
    """

    task: Task
    network: nn.Module
    cached_input: CachedInput
    rows: NDArray[np.int64]
    transferred: TransferReport | None

    @property
    def frozen(self) -> tuple[str, ...]:
        """Modules that are not trained."""
        return self.transferred.frozen if self.transferred else ()


@dataclass(frozen=True, eq=False)
class Target:
    """Data and facts of the target domain that training needs.

    Attributes:
        x: float32 [N, 3·sensors, L], all its windows.
        y: int [N], class of each window.
        validation: int64, windows of the validation subset.
        classes: how many.
        samples: length of a window.
        heads: of several domains, whose classes are whose.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int16]
    validation: NDArray[np.int64]
    classes: int
    samples: int
    heads: Heads = ONE_HEAD


class Training:
    """A cohort in training.

    Args:
        members: of one shape: same frozen modules, rates of layers, size and settings.
        target: the target domain.
        model: of all members.
        config: likewise.
        device: where to train.
    """

    def __init__(
        self,
        members: Sequence[Member],
        target: Target,
        model: ModelConfig,
        config: TrainConfig,
        device: str,
    ) -> None:
        self.members = members
        self.model = model
        self.frozen = members[0].frozen
        self.config = config
        self.device = device
        self.x = target.x
        self.y = torch.from_numpy(target.y.astype(np.int64)).to(device)
        self.validation = target.validation
        self.validation_y = target.y[target.validation]
        self.heads = target.heads
        self.classes = [target.y[member.rows] for member in members]
        self.network = side_by_side(
            model,
            target.classes,
            target.samples,
            [member.network.state_dict() for member in members],
            [weight_seed(member.task.cell) for member in members],
            declared(members[0].network).sensors,
        ).to(device)
        for module in self.frozen:
            self.network.get_submodule(module).requires_grad_(False)
        factors = layer_factors(self.network, members[0].transferred, config.layer_decay)
        self.optimiser = _optimiser(self.network, len(members), config.l2, factors)
        self.noises = [noise_of(member.task.cell) for member in members]
        self.updates = 0

    def fit(
        self, after_epoch: Callable[[list[EpochScore]], None] | None = None
    ) -> tuple[list[tuple[EpochScore, ...]], list[int]]:
        """Train; each copy is left with the weights of its chosen epoch.

        Args:
            after_epoch: takes the scores of each copy after every epoch.

        Returns:
            For each copy the history, and the number of the chosen epoch, from 1.
        """
        copies = range(len(self.members))
        histories: list[list[EpochScore]] = [[] for _ in copies]
        best = [(-1.0, 0.0) for _ in copies]
        chosen = [self.config.epochs for _ in copies]
        orders = [order_of(member.task.cell) for member in self.members]
        values = dict(self._values())  # the tensors themselves: training changes them in place
        kept: dict[str, tuple[Tensor, ...]] = {}
        for epoch in range(1, self.config.epochs + 1):
            scored = [EpochScore(loss) for loss in self.train_epoch(orders)]
            if self.config.selection == "validation":
                scored = self._validate(scored)
                if not kept:
                    kept = {name: _parts(value.clone(), copies) for name, value in values.items()}
                for copy in copies:
                    score = scored[copy]
                    rank = (score.validation_micro_f1 or 0.0, -(score.validation_loss or 0.0))
                    if rank > best[copy]:
                        best[copy], chosen[copy] = rank, epoch
                        for name, value in values.items():
                            kept[name][copy].copy_(_parts(value, copies)[copy])
            for history, score in zip(histories, scored, strict=True):
                history.append(score)
            if after_epoch is not None:
                after_epoch(scored)
        for name, parts in kept.items():
            values[name].copy_(torch.cat(parts))
        return [tuple(history) for history in histories], chosen

    def train_epoch(self, orders: Sequence[np.random.Generator]) -> list[float]:
        """One epoch over the adaptation sets; returns the mean cross-entropy of each copy."""
        set_training(self.network, self.frozen)
        config = self.config
        steps = [
            self.heads.batches(y, config, order)
            for y, order in zip(self.classes, orders, strict=True)
        ]
        losses = []
        for batch in zip(*steps, strict=True):
            drawn = [m.rows[one] for m, one in zip(self.members, batch, strict=True)]
            rows = torch.from_numpy(np.stack(drawn)).to(self.device, non_blocking=True)
            set_rates(self.optimiser, config, self.updates)
            self.optimiser.zero_grad()
            augmented = config.augmentation != NO_AUGMENTATION
            logits = self._logits(rows, self._changed(drawn) if augmented else None)
            loss = self._losses(logits, rows)
            loss.mean(dim=1).sum().backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            self.updates += 1
            losses.append(loss.detach())
        return _means(torch.cat(losses, dim=1))

    @torch.inference_mode()
    def scores(self, indices: NDArray[np.int64]) -> Tensor:
        """Class scores float32 [copies, n, C] of windows of the domain."""
        self.network.eval()
        rows = torch.from_numpy(indices).to(self.device)
        parts = [
            self._logits(part.expand(len(self.members), -1))
            for part in torch.split(rows, scoring_windows(self.config, self.device))
        ]
        return torch.cat(parts, dim=1)

    def state(self, copy: int) -> dict[str, Tensor]:
        """Weights and statistics of one copy."""
        copies = range(len(self.members))
        state = self.network.cpu().state_dict()
        return {n: _parts(v, copies)[copy].clone() if v.ndim else v for n, v in state.items()}

    def _changed(self, drawn: Sequence[NDArray[np.int64]]) -> CachedInput:
        """Return the cached input of augmented windows [n] of the domain, for each copy.

        They are others in every step: no frozen module can have been run on them before.
        """
        cached_input, how = declared(self.network).cached_input, self.config.augmentation
        changed = (
            torch.from_numpy(augment(self.x[mine], how, noise))
            for mine, noise in zip(drawn, self.noises, strict=True)
        )
        return abreast([cached_input(x.to(self.device, non_blocking=True)) for x in changed])

    def _logits(self, rows: Tensor, changed: CachedInput | None = None) -> Tensor:
        """Class scores float32 [copies, n, C] of windows [copies, n] of the domain.

        With several domains, those of the classes of other domains are minus infinity.

        Args:
            rows: the windows.
            changed: their cached input, if it is not that of the windows as they were recorded.
        """
        if changed is None:
            cached_input, done = (
                rows_of([member.cached_input for member in self.members], rows),
                self.frozen,
            )
        else:
            cached_input, done = changed, ()
        with arithmetic(self.config, self.device):
            scores = declared(self.network).forward_trainable(cached_input, done).float()
        return self.heads.of_own_domain(scores, self.y[rows])

    def _losses(self, logits: Tensor, rows: Tensor) -> Tensor:
        """Cross-entropy [copies, n] of scores [copies, n, C]."""
        y = self.y[rows].flatten()
        losses = functional.cross_entropy(logits.flatten(0, 1), y, reduction="none")
        return losses.view(logits.shape[:2])

    def _validate(self, scored: list[EpochScore]) -> list[EpochScore]:
        logits = self.scores(self.validation)
        rows = torch.from_numpy(self.validation).to(self.device).expand(len(self.members), -1)
        right = (logits.argmax(dim=2) == self.y[rows[0]]).float()
        looked = torch.stack([self._losses(logits, rows), right]).numpy(force=True)
        # The means of each row, summed by itself.
        losses, shares = (
            [self.heads.mean(row, self.validation_y) for row in rows]
            for rows in looked.astype(np.float64)
        )
        return [
            EpochScore(one.train_loss, loss, share)
            for one, loss, share in zip(scored, losses, shares, strict=True)
        ]

    def _values(self) -> Iterator[tuple[str, Tensor]]:
        """Weights and statistics that training changes, by name."""
        outside = tuple(f"{module}." for module in self.frozen)
        for name, value in self.network.state_dict().items():
            if value.ndim and not (outside and name.startswith(outside)):
                yield name, value


def _parts(value: Tensor, copies: range) -> tuple[Tensor, ...]:
    return value.chunk(len(copies))


def _means(values: Tensor) -> list[float]:
    """Return the mean of each row, exact enough not to depend on the other rows."""
    return [float(row.mean()) for row in values.numpy(force=True).astype(np.float64)]


def _optimiser(network: nn.Module, copies: int, l2: float, factors: Mapping[str, float]) -> Adam:
    """Adam; the gradient of the penalty `l2 · w²` is what it calls a weight decay of `2 · l2`.

    Its fused kernel is many times faster, and only for weights that fill the lanes.
    """
    regularised = {id(weight) for weight in declared(network).regularised}
    groups: dict[tuple[bool, bool, float], list[nn.Parameter]] = {}
    for name, weight in network.named_parameters():
        if weight.requires_grad:
            whole = weight.numel() // copies % LANES == 0
            kind = (id(weight) in regularised, whole, factors[name])
            groups.setdefault(kind, []).append(weight)
    return Adam(
        {
            "params": weights,
            "factor": factor,
            "weight_decay": 2 * l2 * penalised,
            "fused": whole,
            "foreach": not whole,
        }
        for (penalised, whole, factor), weights in groups.items()
    )
