"""The study without crosswear: its network and loop in plain lines of torch.

A tower for each channel, one-dimensional layers, `torch.stft`, Adam, a loop over cells. It shares
nothing with `crosswear.networks.models` or the trainers: `tests/unit/test_plain.py` holds that,
with the same weights, it computes the same scores, so it is an oracle of the network too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from crosswear.core.config import TrainConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import load_domain
from crosswear.engine.subsets import adaptation_set
from crosswear.engine.task import Task
from crosswear.networks.checkpoint import load_checkpoint


class Block(nn.Module):
    """Three convolutions beside a 1×1 shortcut; max-pool 3, stride 2."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        widths = (before, after, after)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, after, 3, padding=1, bias=False) for width in widths
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(after) for _ in widths)
        self.shortcut = nn.Conv1d(before, after, 1, bias=False)
        self.shortcut_norm = nn.BatchNorm1d(after)

    def forward(self, x: Tensor) -> Tensor:
        """[N, before, L] → [N, after, (L - 1) // 2]."""
        y = functional.relu(self.norms[0](self.convolutions[0](x)))
        y = functional.relu(self.norms[1](self.convolutions[1](y)))
        y = self.norms[2](self.convolutions[2](y)) + self.shortcut_norm(self.shortcut(x))
        return functional.max_pool1d(functional.relu(y), 3, 2)


class Tower(nn.Module):
    """Both branches of one channel."""

    def __init__(self, filters: tuple[int, ...], frames: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(1)
        widths = zip((1, *filters), filters, strict=False)
        self.blocks = nn.ModuleList(Block(before, after) for before, after in widths)
        self.spectral = nn.Conv1d(frames, 32, 3, padding=1, bias=False)
        self.spectral_norm = nn.BatchNorm1d(32)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Temporal and spectral features of windows [N, L]."""
        window = torch.hann_window(64, device=x.device)
        frames = torch.stft(x, 64, 32, window=window, pad_mode="reflect", return_complex=True)
        decibel = 10 * frames.abs().square().clamp_min(1e-10).log10()
        decibel = decibel - decibel.amax(dim=(1, 2), keepdim=True)
        spectrogram = (decibel.clamp_min(-80) / 80).transpose(1, 2)
        y = self.norm(x.unsqueeze(1))
        for block in self.blocks:
            y = block(y)
        spectral = functional.relu(self.spectral_norm(self.spectral(spectrogram)))
        return y.flatten(1), spectral.flatten(1)


class PlainMultiResNet(nn.Module):
    """Multi-ResNet: windows [N, 3, L] in g → class scores [N, C]."""

    def __init__(self, filters: tuple[int, ...], classes: int, samples: int, rate: float) -> None:
        super().__init__()
        length = samples
        for _ in filters:
            length = (length - 1) // 2
        features = 3 * (filters[-1] * length + 32 * 33)
        self.towers = nn.ModuleList(Tower(filters, samples // 32 + 1) for _ in range(3))
        self.dense1 = nn.Linear(features, 64)
        self.dense1_norm = nn.BatchNorm1d(64)
        self.dense2 = nn.Linear(64, 128)
        self.head = nn.Linear(128, classes)
        self.dropout = nn.Dropout(rate)
        self.frozen: list[nn.Module] = []

    def freeze(self, blocks: int) -> None:
        """Train the first blocks no more; their batch norms keep their statistics."""
        for tower in self.towers if blocks else ():
            self.frozen += (tower.norm, *tower.blocks[:blocks])
        for part in self.frozen:
            part.requires_grad_(False)

    def train(self, mode: bool = True) -> PlainMultiResNet:
        """Set the mode as torch does, but for the frozen blocks."""
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self

    def penalty(self) -> Tensor:
        """Sum of the squared weights of the two dense layers."""
        return self.dense1.weight.square().sum() + self.dense2.weight.square().sum()

    def forward(self, x: Tensor) -> Tensor:
        """Class scores."""
        parts = [tower(x[:, channel]) for channel, tower in enumerate(self.towers)]
        y = torch.cat([part for branch in zip(*parts, strict=True) for part in branch], dim=1)
        y = functional.relu(self.dense1_norm(self.dense1(self.dropout(y))))
        y = functional.relu(self.dense2(self.dropout(y)))
        scores: Tensor = self.head(self.dropout(y))
        return scores


def state_of(state: Mapping[str, Tensor], blocks: int) -> dict[str, Tensor]:
    """The weights of crosswear's network, by the names of this one."""
    return dict(_renamed(state, blocks))


def _renamed(state: Mapping[str, Tensor], blocks: int) -> Iterator[tuple[str, Tensor]]:
    pairs = {"normalise.norm": "norm", "spectral.norm": "spectral_norm"}
    pairs |= {"spectral.convolution": "spectral"}
    for number in range(blocks):
        theirs, mine = f"blocks.block{number + 1}", f"blocks.{number}"
        for layer in range(3):
            pairs[f"{theirs}.convolutions.{layer}.convolution"] = f"{mine}.convolutions.{layer}"
            pairs[f"{theirs}.convolutions.{layer}.norm"] = f"{mine}.norms.{layer}"
        pairs[f"{theirs}.shortcut.convolution"] = f"{mine}.shortcut"
        pairs[f"{theirs}.shortcut.norm"] = f"{mine}.shortcut_norm"
    for name, value in state.items():
        module, _, kind = name.rpartition(".")
        if module in pairs:
            for channel in range(3):
                part = value.chunk(3)[channel] if value.ndim else value
                part = part.squeeze(2) if part.ndim == 4 else part
                yield f"towers.{channel}.{pairs[module]}.{kind}", part
        else:
            yield f"{module.removesuffix('.norm')}.{kind}", value


@dataclass(frozen=True)
class Examples:
    """Windows float32 [n, 3, L] and their classes [n], on a device."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class Plain:
    """The needs of a loop over one cell.

    Attributes:
        network: as it is before training, with a source network's weights in a transfer.
        train: what it learns from.
        validation: what chooses the epoch.
        test: what it is tested on.
        settings: of the training.
    """

    network: PlainMultiResNet
    train: Examples
    validation: Examples
    test: Examples
    settings: TrainConfig


def make_plain(task: Task, device: str) -> Plain:
    """Load the windows of a cell and make its network."""
    cell, domain = task.cell, load_domain(task.target)
    if cell.model is None or cell.train is None:
        raise ValueError("a network's cell has model and train settings")
    x = torch.from_numpy(domain.windows.x.copy()).to(device)
    y = torch.from_numpy(domain.windows.y.astype("int64")).to(device)
    parts = (
        adaptation_set(cell, domain),
        domain.indices(Subset.VALIDATION),
        domain.indices(Subset.TEST),
    )
    rows = [torch.from_numpy(part).to(device) for part in parts]
    filters, rate = cell.model.filters, cell.model.dropout
    network = PlainMultiResNet(filters, len(domain.classes), domain.samples, rate).to(device)
    if task.source:
        state = state_of(load_checkpoint(task.source).state, len(filters))
        network.load_state_dict(
            {name: value for name, value in state.items() if not name.startswith("head")},
            strict=False,
        )
        network.freeze(cell.blocks)
    return Plain(network, *(Examples(x[some], y[some]) for some in rows), cell.train)


def train_plainly(task: Task, device: str) -> float:
    """Train and test one cell; returns its accuracy, which is the micro-F1."""
    plain = make_plain(task, device)
    network, train, settings = plain.network, plain.train, plain.settings
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    best, kept = -1.0, network.state_dict()
    for _ in range(settings.epochs):
        network.train()
        order = torch.randperm(len(train.y), device=device)
        for batch in order.split(settings.batch_size):
            optimiser.zero_grad()
            loss = functional.cross_entropy(network(train.x[batch]), train.y[batch])
            (loss + settings.l2 * network.penalty()).backward()
            optimiser.step()
        score = accuracy(network, plain.validation)
        if score > best:
            best = score
            kept = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(kept)
    return accuracy(network, plain.test)


@torch.no_grad()
def accuracy(network: nn.Module, windows: Examples) -> float:
    """The share of windows that are classified right."""
    network.eval()
    parts = zip(windows.x.split(256), windows.y.split(256), strict=True)
    right = sum((network(x).argmax(1) == y).sum() for x, y in parts)
    return float(right) / len(windows.y)
