"""Source networks on disk: weights as safetensors, what they are as JSON beside them.

Nothing is ever unpickled: safetensors holds plain arrays (https://github.com/huggingface/safetensors).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
import safetensors
import safetensors.torch
from torch import Tensor, nn

from crosswear.core.config import ModelConfig
from crosswear.core.errors import CheckpointError
from crosswear.core.files import remove_file, write_bytes, write_text
from crosswear.core.keys import canonical_json
from crosswear.core.recording import ACCELEROMETER, Sensors
from crosswear.networks.models import build

SCHEMA = 1
RETRAIN = "delete both files and run the study again: only this network is trained anew"


@dataclass(frozen=True)
class Checkpoint:
    """A trained network.

    Attributes:
        model: its settings.
        classes: names of the classes it separates, in the order of its scores.
        samples: length of a window.
        state: weights and statistics by name.
        sensors: what its windows have channels of.
    """

    model: ModelConfig
    classes: tuple[str, ...]
    samples: int
    state: dict[str, Tensor]
    sensors: Sensors = ACCELEROMETER

    def network(self) -> nn.Module:
        """The network with its weights, in evaluation mode.

        Raises:
            CheckpointError: if names or shapes differ from what `model` says.
        """
        network = build(self.model, len(self.classes), self.samples, 0, self.sensors)
        expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
        found = {name: tuple(value.shape) for name, value in self.state.items()}
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                raise CheckpointError(
                    f"found {found.get(name, 'nothing')}",
                    where=name,
                    expected=f"{expected.get(name, 'nothing')}",
                    todo=RETRAIN,
                )
        network.load_state_dict(self.state)
        return network


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write `path` (.safetensors) and, last, the `.json` beside it that makes it count.

    Raises:
        DiskError: if either cannot be written.
    """
    weights = safetensors.torch.save(
        {name: value.contiguous() for name, value in checkpoint.state.items()}
    )
    write_bytes(path, weights)
    about = {
        "schema": SCHEMA,
        "model": checkpoint.model,
        "classes": checkpoint.classes,
        "samples": checkpoint.samples,
        "sensors": checkpoint.sensors,
        "sha256": hashlib.sha256(weights).hexdigest(),
    }
    write_text(path.with_suffix(".json"), canonical_json(about) + "\n")


def checkpoint_exists(path: Path) -> bool:
    """Return whether a network was saved there, whole."""
    return path.with_suffix(".json").exists() and path.exists()


def forget_checkpoint(path: Path) -> None:
    """Let a network that may be damaged count as not saved.

    Raises:
        DiskError: if the file that makes it count cannot be deleted.
    """
    remove_file(path.with_suffix(".json"))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read what `save_checkpoint` wrote, and check it whole.

    Raises:
        CheckpointError: if a file is missing, damaged, of another schema, or not this network.
    """
    about = _read_about(path.with_suffix(".json"))
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read: {error.strerror}", where=str(path)) from error
    if hashlib.sha256(weights).hexdigest() != about["sha256"]:
        raise CheckpointError(
            "damaged: its content is not what was written",
            where=str(path),
            expected=f"sha256 {about['sha256']}",
            todo=RETRAIN,
        )
    try:
        checkpoint = Checkpoint(
            model=pydantic.TypeAdapter(ModelConfig).validate_json(json.dumps(about["model"])),
            classes=tuple(about["classes"]),
            samples=about["samples"],
            state=safetensors.torch.load(weights),
            sensors=pydantic.TypeAdapter(Sensors).validate_python(tuple(about["sensors"])),
        )
    except (pydantic.ValidationError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"damaged: {error}", where=str(path), todo=RETRAIN) from error
    checkpoint.network()
    return checkpoint


def _read_about(path: Path) -> dict[str, Any]:
    try:
        known = {"sensors": [*ACCELEROMETER]}  # older ones do not say: they knew no other
        about = {**known, **json.loads(path.read_text("utf-8"))}
        if about["schema"] != SCHEMA:
            raise CheckpointError(
                f"schema {about['schema']}", where=str(path), expected=f"schema {SCHEMA}"
            )
        types = {"model": dict, "classes": list, "samples": int, "sensors": list, "sha256": str}
        if not all(isinstance(about[name], kind) for name, kind in types.items()):
            raise TypeError("a value of another type")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"cannot be read as the description of a network ({error})",
            where=str(path),
            todo=RETRAIN,
        ) from error
    return dict(about)
