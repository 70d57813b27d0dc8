"""Source networks: trained once for a dataset, then loaded."""

from __future__ import annotations

import numpy as np

from crosswear.adaptation.network import NetworkPlan, NetworkTrainer
from crosswear.core.config import ModelConfig
from crosswear.core.errors import CheckpointError
from crosswear.core.keys import seed_for
from crosswear.engine.transfer_source import Source, model_for, train_config
from crosswear.networks.checkpoint import (
    Checkpoint,
    forget_checkpoint,
    load_checkpoint,
    save_checkpoint,
)


def train_source(source: Source) -> Checkpoint:
    """Load the network of a source; train and save it first if there is none.

    Raises:
        DiskError: if it cannot be saved.
    """
    if source.trained:
        try:
            return load_checkpoint(source.network)
        except CheckpointError:
            forget_checkpoint(source.network)
    trainer, plan = _trainer(source)
    state = trainer.fit(plan, np.arange(len(trainer.x))).state(0)
    domain = source.domain
    checkpoint = Checkpoint(trainer.model(plan), domain.classes, domain.samples, state)
    save_checkpoint(source.network, checkpoint)
    return checkpoint


def training_seconds(source: Source) -> float:
    """Return roughly how long `train_source` takes."""
    if source.trained:
        return 0.0
    trainer, plan = _trainer(source)
    return trainer.seconds(plan, len(trainer.x))


def _trainer(source: Source) -> tuple[NetworkTrainer, NetworkPlan]:
    domain = source.domain
    x, y = domain.windows.x, domain.windows.y
    model = model_for(domain.samples) or ModelConfig()
    seed = seed_for("source", source.name)
    trainer = NetworkTrainer(x, y, len(domain.classes), {}, model, seed)
    return trainer, NetworkPlan(train=train_config(len(x)))
