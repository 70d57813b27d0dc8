"""Source networks on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from crosswear.core.config import ModelConfig
from crosswear.core.errors import CheckpointError
from crosswear.networks.checkpoint import (
    Checkpoint,
    checkpoint_exists,
    load_checkpoint,
    save_checkpoint,
)
from crosswear.networks.models import build

CONFIG = ModelConfig(filters=(4, 4, 4))


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, Checkpoint]:
    network = build(CONFIG, 3, 100, seed=5)
    checkpoint = Checkpoint(CONFIG, ("a", "b", "ç"), 100, network.state_dict())
    path = tmp_path / "sources" / "k.safetensors"
    save_checkpoint(path, checkpoint)
    return path, checkpoint


def test_round_trip(saved: tuple[Path, Checkpoint]) -> None:
    path, checkpoint = saved
    loaded = load_checkpoint(path)
    x = torch.randn(2, 3, 100)
    assert torch.equal(loaded.network()(x), checkpoint.network()(x))
    assert loaded.classes == checkpoint.classes
    assert checkpoint_exists(path)


@pytest.mark.parametrize("position", [0, 20, -1])
def test_one_changed_byte_is_found(saved: tuple[Path, Checkpoint], position: int) -> None:
    path, _ = saved
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 2}', '{"schema": 1}', "\x00"])
def test_a_damaged_description_is_found(saved: tuple[Path, Checkpoint], text: str) -> None:
    path, _ = saved
    path.with_suffix(".json").write_text(text)
    with pytest.raises(CheckpointError, match=r"k\.json"):
        load_checkpoint(path)


def test_missing_files(saved: tuple[Path, Checkpoint]) -> None:
    path, _ = saved
    path.unlink()
    assert not checkpoint_exists(path)
    with pytest.raises(CheckpointError, match="cannot read"):
        load_checkpoint(path)


def test_weights_of_another_network(tmp_path: Path) -> None:
    state = build(CONFIG, 4, 100, seed=0).state_dict()
    path = tmp_path / "k.safetensors"
    save_checkpoint(path, Checkpoint(CONFIG, ("a", "b", "c"), 100, state))
    with pytest.raises(CheckpointError, match=r"head\.bias.*\n.*\(3,\)"):
        load_checkpoint(path)
