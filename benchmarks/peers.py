"""A source training and an adaptation, in crosswear and in what one would use instead.

    pip install 'crosswear[peers]'
    python benchmarks/peers.py

Simulated data, the study's network in float32, the same windows, batches and epochs for all: plain
torch, PyTorch Lightning and skorch train `plain.PlainMultiResNet` as their manuals show, crosswear
its own network. All use one thread, and seconds are those of the processor, so that other work on
the machine changes little. The last columns are several adaptations, which differ in their seed.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from grid import SOURCES, Grid, make_grid
from plain import Examples, accuracy, make_plain, train_plainly
from rich.console import Console
from rich.table import Table
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.core.recording import Subset
from crosswear.datasets.domain import load_domain
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell

CONSOLE = Console(width=100)


def dataset(windows: Examples) -> TensorDataset:
    """Windows as torch's tools take them."""
    return TensorDataset(windows.x, windows.y)


def with_lightning(task: Task) -> float:
    """Train and test a cell with PyTorch Lightning; returns its accuracy."""
    import pytorch_lightning as lightning
    from pytorch_lightning.callbacks import ModelCheckpoint

    plain = make_plain(task, "cpu")

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = plain.network

        def training_step(self, batch: Any, _: int) -> torch.Tensor:
            x, y = batch
            loss = functional.cross_entropy(self.network(x), y)
            return loss + plain.settings.l2 * self.network.penalty()

        def validation_step(self, batch: Any, _: int) -> None:
            x, y = batch
            right = (self.network(x).argmax(1) == y).float().mean()
            self.log("accuracy", right, batch_size=len(y))

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=plain.settings.learning_rate)

    with tempfile.TemporaryDirectory() as folder:
        best = ModelCheckpoint(folder, monitor="accuracy", mode="max", save_weights_only=True)
        trainer = lightning.Trainer(
            max_epochs=plain.settings.epochs,
            accelerator="cpu",
            callbacks=[best],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        size = plain.settings.batch_size
        train = DataLoader(dataset(plain.train), size, shuffle=True)
        module = Module()
        trainer.fit(module, train, DataLoader(dataset(plain.validation), 256))
        kept = torch.load(best.best_model_path, weights_only=True)
        module.load_state_dict(kept["state_dict"])
    return accuracy(module.network, plain.test)


def with_skorch(task: Task) -> float:
    """Train and test a cell with skorch; returns its accuracy."""
    from skorch import NeuralNetClassifier
    from skorch.callbacks import Checkpoint
    from skorch.helper import predefined_split

    plain = make_plain(task, "cpu")

    class Penalised(NeuralNetClassifier):
        def get_loss(self, y_pred: Any, y_true: Any, X: Any = None, training: bool = False) -> Any:  # noqa: N803
            loss = super().get_loss(y_pred, y_true, X=X, training=training)
            return loss + plain.settings.l2 * self.module_.penalty() if training else loss

    with tempfile.TemporaryDirectory() as folder:
        classifier = Penalised(
            plain.network,
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=plain.settings.learning_rate,
            max_epochs=plain.settings.epochs,
            batch_size=plain.settings.batch_size,
            iterator_train__shuffle=True,
            train_split=predefined_split(dataset(plain.validation)),
            callbacks=[Checkpoint(monitor="valid_acc_best", dirname=folder, load_best=True)],
            classes=range(plain.network.head.out_features),
            verbose=0,
        )
        classifier.fit(plain.train.x, plain.train.y)
    return accuracy(classifier.module_, plain.test)


def with_crosswear(*tasks: Task) -> float:
    """Train and test cells side by side; returns their mean accuracy."""
    outcomes = CohortTrainer()(tasks)
    confusions = [outcome.result.confusion for outcome in outcomes]
    return statistics.mean(float(one.trace() / one.sum()) for one in confusions)


def in_turns(train: Callable[[Task], float]) -> Callable[..., float]:
    """Make a loop over cells of what trains one."""
    return lambda *tasks: statistics.mean(train(task) for task in tasks)


WAYS: dict[str, Callable[..., float]] = {
    "plain torch": in_turns(lambda task: train_plainly(task, "cpu")),
    "PyTorch Lightning": in_turns(with_lightning),
    "skorch": in_turns(with_skorch),
    "crosswear": with_crosswear,
}


def source_task(grid: Grid, train: TrainConfig) -> Task:
    """The training of the first source network."""
    folder = grid.source_folder
    size = len(load_domain(folder).indices(Subset.TRAIN))
    cell = Cell("source", SOURCES[0], 2019, size, model=grid.model, train=train)
    return Task(cell, "source", folder)


def main(
    epochs: Annotated[int, typer.Option()] = 10,
    size: Annotated[int, typer.Option(help="Windows of the adaptation set.")] = 100,
    blocks: Annotated[int, typer.Option(help="Frozen blocks.")] = 3,
    seeds: Annotated[int, typer.Option(help="Adaptations of the last columns.")] = 8,
) -> None:
    """Measure and print."""
    logging.disable()  # their advice on workers and progress
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    train = TrainConfig(epochs=epochs)
    with tempfile.TemporaryDirectory() as folder:
        grid = make_grid(Path(folder), ModelConfig(), 0.8, epochs=1)
        source = source_task(grid, train)
        adaptation = grid.tasks(size, (blocks,), 1, train)[1]
        several = [
            replace(adaptation, key=f"{seed}", cell=replace(adaptation.cell, seed=seed))
            for seed in range(seeds)
        ]
        CONSOLE.print(
            f"source: {source.cell.size} windows; adaptation: {size}, {blocks} frozen blocks; "
            f"{epochs} epochs; seconds of the processor"
        )
        table = Table(
            *("", "source (s)", "accuracy", "adaptation (s)", "accuracy"),
            *(f"{seeds} adaptations (s)", "accuracy"),
        )
        for name, way in WAYS.items():
            way(replace(adaptation, cell=replace(adaptation.cell, train=TrainConfig(epochs=1))))
            row = [name]
            for tasks in ((source,), (adaptation,), several):
                begun = time.process_time()
                score = way(*tasks)
                row += [f"{time.process_time() - begun:.1f}", f"{score:.3f}"]
                CONSOLE.print(f"{name}: {len(tasks)} trained in {row[-2]} s")
            table.add_row(*row)
        CONSOLE.print(table)


if __name__ == "__main__":
    typer.run(main)
