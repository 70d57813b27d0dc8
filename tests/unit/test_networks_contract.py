"""The contract of every network of the registry, with every strategy, branch and trainer."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from crosswear.core.config import (
    ARCHITECTURES,
    Branches,
    ModelConfig,
    PreparationConfig,
    Strategy,
    TrainConfig,
    TransferConfig,
)
from crosswear.core.errors import StudyFileError
from crosswear.core.keys import to_json
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.grouping import group
from crosswear.engine.task import Task
from crosswear.grid.experiment import UNTRAINED, Cell, enumerate_cells
from crosswear.grid.facts import DomainFacts
from crosswear.grid.study_file import parse_study
from crosswear.networks.checkpoint import load_checkpoint, save_checkpoint
from crosswear.networks.models import NETWORKS, build, declared, side_by_side, summarise
from crosswear.networks.transfer import set_training
from reference_trainer import train_cell

FILTERS = (16, 16, 16)
TRAIN = TrainConfig(epochs=1, batch_size=16, selection="last")
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
BRANCHES: tuple[Branches, ...] = get_args(Branches)
SPECTRAL = [name for name in NETWORKS if ARCHITECTURES[name].spectral]

names = pytest.mark.parametrize("name", NETWORKS)


def config_of(name: str) -> ModelConfig:
    return ModelConfig(name, FILTERS)


def first_units(network: nn.Module, blocks: int) -> tuple[str, ...]:
    return tuple(itertools.chain(*declared(network).transfer_units[:blocks]))


def test_architectures_are_told_of_the_networks_that_there_are() -> None:
    assert tuple(ARCHITECTURES) == tuple(NETWORKS)


@names
def test_an_architecture_is_what_the_network_has(name: str) -> None:
    for config in (ModelConfig(name), config_of(name)):
        parts = declared(build(config, 4, 100, seed=0))
        assert len(parts.transfer_units) == config.blocks
        assert bool(parts.spectral_unit) == ARCHITECTURES[name].spectral


@names
def test_units_and_branch_are_all_that_is_before_the_layers_behind(name: str) -> None:
    network = build(config_of(name), 4, 100, seed=0).train()
    parts = declared(network)
    everything = (*first_units(network, config_of(name).blocks), *parts.spectral_unit)
    before = parts.forward_frozen(parts.cached_input(torch.randn(6, 3, 100)), (), everything)
    torch.stack([part.square().sum() for part in before]).sum().backward()
    reached = {n for n, weight in network.named_parameters() if weight.grad is not None}
    network.zero_grad()
    behind = tuple(part.detach() for part in before)
    parts.forward_trainable(behind, everything).square().sum().backward()
    others = {n for n, weight in network.named_parameters() if weight.grad is not None}
    named = tuple(f"{module}." for module in everything)
    assert all(weight.startswith(named) for weight in reached)
    assert not reached & others
    assert reached | others == {n for n, _ in network.named_parameters()}


@names
def test_every_prefix_of_the_front_and_the_rest_are_the_whole(name: str) -> None:
    networks = [build(config_of(name), 4, 100, seed) for seed in range(2)]
    together = side_by_side(
        config_of(name), 4, 100, [one.state_dict() for one in networks], range(2)
    )
    x = torch.randn(5, 3, 100)
    with torch.inference_mode():
        expected = torch.stack([network(x) for network in networks])
        cached_inputs = [declared(one).cached_input(x) for one in networks]
        done: tuple[str, ...] = ()
        for blocks in range(config_of(name).blocks + 1):
            upto = first_units(together, blocks)
            cached_inputs = [
                declared(one).forward_frozen(cached_input, done, upto)
                for one, cached_input in zip(networks, cached_inputs, strict=True)
            ]
            done = upto
            joined = tuple(torch.cat(parts, dim=1) for parts in zip(*cached_inputs, strict=True))
            found = declared(together).forward_trainable(joined, done)
            torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def step(
    networks: Sequence[nn.Module], xs: Sequence[Tensor], which: Sequence[int], config: ModelConfig
) -> Iterator[list[Tensor]]:
    """Scores and gradients of a training step of some networks side by side, for each of them."""
    states = [networks[one].state_dict() for one in which]
    together = side_by_side(config, 4, 100, states, which)
    set_training(together, ())
    cached_inputs = [declared(networks[one]).cached_input(xs[one]) for one in which]
    cached_input = tuple(torch.cat(parts, dim=1) for parts in zip(*cached_inputs, strict=True))
    scores = declared(together).forward_trainable(cached_input, ()).float()
    scores.square().mean(dim=(1, 2)).sum().backward()
    for number in range(len(which)):
        slopes = [weight.grad.chunk(len(which))[number] for weight in together.parameters()]
        yield [scores[number].detach(), *slopes]


@pytest.mark.rounding
@names
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_copies_do_not_know_of_each_other(name: str, precision: torch.dtype) -> None:
    config = config_of(name)
    networks = [build(config, 4, 100, seed) for seed in range(3)]
    xs = [torch.randn(20, 3, 100) for _ in networks]
    with torch.autocast("cpu", precision, enabled=precision != torch.float32):
        together = list(step(networks, xs, range(3), config))
        for number in range(3):
            (alone,) = step(networks, xs, [number], config)
            assert all(map(torch.equal, alone, together[number]))


@names
def test_summary_has_every_parameter_once(name: str) -> None:
    counted = summarise(ModelConfig(name), 7, 100)
    for numbers in (counted.parameters, counted.multiply_adds):
        assert numbers[""] == sum(count for part, count in numbers.items() if part)
    network = build(ModelConfig(name), 7, 100, seed=0)
    assert counted.parameters[""] == sum(weight.numel() for weight in network.parameters())
    assert all(counted.multiply_adds[module] for (*_, module) in declared(network).transfer_units)


@pytest.fixture(scope="module")
def domain(cache: Path) -> Domain:
    """A small one, of short windows."""
    return prepare("simulated-gestures", None, PreparationConfig(window_s=2.0, hop_s=6.0), cache)


@pytest.fixture(scope="module")
def source_of(domain: Domain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Task]:
    """For each network a source that was trained, and its saved weights."""
    tasks = {}
    for name in NETWORKS:
        cell = Cell("source", "s", 7, 60, model=config_of(name), train=TRAIN)
        (outcome,) = CohortTrainer()((Task(cell, name, domain.folder),))
        assert outcome.checkpoint is not None
        path = tmp_path_factory.mktemp(name) / "source.safetensors"
        save_checkpoint(path, outcome.checkpoint)
        tasks[name] = Task(cell, name, domain.folder, path)
    return tasks


@names
def test_a_saved_network_is_the_same(source_of: dict[str, Task], tmp_path: Path, name: str) -> None:
    path = source_of[name].source
    assert path is not None
    checkpoint = load_checkpoint(path)
    again = tmp_path / "again.safetensors"
    save_checkpoint(again, replace(checkpoint, state=checkpoint.network().state_dict()))
    assert again.read_bytes() == path.read_bytes()


def transfers() -> Iterator[Cell]:
    """Every strategy of every branch that a network has."""
    for name in NETWORKS:
        cell = Cell("network", "t", 7, 20, model=config_of(name), train=TRAIN, sources=("s",))
        depth = config_of(name).blocks
        for strategy, branches in itertools.product(STRATEGIES, BRANCHES):
            if branches == "both" or name in SPECTRAL:
                blocks = depth if branches == "spectral" else depth - 1
                transfer = TransferConfig(strategy)
                yield replace(cell, transfer=transfer, branches=branches, blocks=blocks)
        if name in SPECTRAL:
            yield replace(cell, transfer=TransferConfig(), branches="spectral")
            yield replace(cell, transfer=TransferConfig(freeze_spectral=True), blocks=1)
        yield replace(cell, transfer=TransferConfig(frozen_batchnorm="adapt"), blocks=depth)


def named(cell: Cell) -> str:
    assert cell.model is not None
    assert cell.transfer is not None
    norm, spectral = cell.transfer.frozen_batchnorm, "-spectral" * cell.transfer.freeze_spectral
    way = f"{cell.transfer.strategy}-{norm}{spectral}"
    return f"{cell.model.name}-{way}-{cell.branches}-{cell.blocks}"


@pytest.mark.slow
@pytest.mark.rounding
@pytest.mark.parametrize("cell", list(transfers()), ids=named)
def test_both_trainers_agree_and_neighbours_change_nothing(
    domain: Domain, source_of: dict[str, Task], cell: Cell
) -> None:
    assert cell.model is not None
    source = source_of[cell.model.name]
    cell = replace(cell, source_train=source.cell.train)
    tasks = [
        Task(replace(cell, seed=seed), str(seed), domain.folder, source.source) for seed in range(2)
    ]
    (cohort,) = group(tasks, "cpu")
    together = [one.result for one in CohortTrainer()(cohort)]
    (alone,) = CohortTrainer()((tasks[0],))
    assert together[0] == alone.result
    reference = train_cell(tasks[0]).result
    assert reference.transferred == alone.result.transferred
    losses = [one.history[0].train_loss for one in (reference, alone.result)]
    assert losses[0] == pytest.approx(losses[1], rel=2e-3)
    confusions = (reference.confusion, alone.result.confusion)
    differing = np.abs(np.subtract(*confusions)).sum() // 2
    assert differing <= max(2, 0.02 * np.sum(confusions[0]))


@pytest.mark.slow
@names
def test_several_domains_at_once_are_a_source_for_every_strategy(
    domain: Domain, cache: Path, tmp_path: Path, name: str
) -> None:
    other = prepare("simulated-daily", None, PreparationConfig(window_s=2.0, hop_s=6.0), cache)
    cell = Cell("source", "a+b", 7, 60, model=config_of(name), train=TRAIN)
    task = Task(cell, "joint", domain.folder, source_domains=(other.folder,))
    (ours,), theirs = CohortTrainer()((task,)), train_cell(task)
    losses = [one.result.history[0].train_loss for one in (ours, theirs)]
    assert losses[0] == pytest.approx(losses[1], rel=2e-3)
    path = tmp_path / "joint.safetensors"
    assert ours.checkpoint is not None
    save_checkpoint(path, ours.checkpoint)
    for transfer in (one for one in transfers() if one.model == cell.model):
        transfer = replace(transfer, target="c", sources=("a", "b"), source_train=TRAIN)
        adapted = Task(transfer, named(transfer), other.folder, path)
        (outcome,) = CohortTrainer()((adapted,))
        assert outcome.result.transferred is not None
        assert outcome.result.transferred.copied


@names
def test_a_logistic_regression_looks_through_all_blocks(
    domain: Domain, source_of: dict[str, Task], name: str
) -> None:
    source = source_of[name]
    model = config_of(name)
    cell = Cell("logistic", "t", 7, 40, model=model, sources=("s",), blocks=model.blocks)
    task = Task(cell, "l", domain.folder, source.source)
    (outcome,) = CohortTrainer()((task,))
    confusion = np.array(outcome.result.confusion)
    assert np.trace(confusion) / confusion.sum() > 0.2  # the majority has about 0.13


def test_a_network_from_scratch_is_in_no_cohort_with_a_frozen_branch(tmp_path: Path) -> None:
    scratch = Cell("network", "t", 7, 20, model=config_of("multi-resnet"), train=TRAIN)
    frozen = replace(
        scratch,
        sources=(UNTRAINED,),
        transfer=TransferConfig("copy-freeze"),
        branches="spectral",
        blocks=3,
    )
    assert len(group([Task(one, str(one), tmp_path) for one in (scratch, frozen)], "cpu")) == 2


STUDY = """
name = "mini"
[domains]
a = "simulated-gestures"
b = "simulated-activities"
[grid]
sizes = [20]
blocks = [{blocks}]
baselines = ["logistic"]
[model]
name = "{name}"
"""


@names
def test_a_study_of_the_network(name: str) -> None:
    deepest = ModelConfig(name).blocks
    study = parse_study(STUDY.format(name=name, blocks=deepest), "mini.toml")
    assert study.model == ModelConfig(name)
    assert study.model.filters == ARCHITECTURES[name].filters
    domains = {(one, 0): DomainFacts(one, one, 50) for one in study.domains}
    cells = list(enumerate_cells(study, domains))
    assert len({cell.key(domains) for cell in cells}) == len(cells)
    assert {cell.blocks for cell in cells if cell.method == "logistic"} == {deepest}
    with pytest.raises(StudyFileError, match=f"{deepest + 1} blocks asked of a network"):
        parse_study(STUDY.format(name=name, blocks=deepest + 1), "mini.toml")


@pytest.mark.parametrize(
    ("name", "blocks", "grid", "transfer", "message"),
    [
        ("multi-res-net", "1", "", "", "no network is called 'multi-res-net'"),
        ("multi-resnet", "1, 4", '["both", "spectral"]', "", "transferred as a whole"),
        ("multi-resnet", "1", '["spectrum"]', "", "grid.branches"),
        ("multi-resnet", "1", "[]", "", "grid.branches"),
        ("multi-resnet", "1", "", 'branches = "temporal"', "transfer.branches: unknown key"),
        ("deep-conv-lstm", "1", '["both", "temporal"]', "", "no branches to choose from"),
        ("deep-conv-lstm", "1", "", "freeze_spectral = true", "no spectral branch"),
        ("multi-resnet", "1", '["temporal"]', "freeze_spectral = true", "one branch alone"),
    ],
)
def test_what_no_network_can_do(
    name: str, blocks: str, grid: str, transfer: str, message: str
) -> None:
    text = STUDY.format(name=name, blocks=blocks) + f"[transfer]\n{transfer}\n"
    if grid:
        text = text.replace("[model]", f"branches = {grid}\n[model]")
    with pytest.raises(StudyFileError, match=message):
        parse_study(text, "mini.toml")


def test_branches_add_cells_and_change_none() -> None:
    text = STUDY.format(name="multi-resnet", blocks="0, 2, 5")
    more = text.replace("[model]", 'branches = ["temporal", "both", "spectral"]\n[model]')
    plain, several = (parse_study(one, "mini.toml") for one in (text, more))
    domains = {(one, 0): DomainFacts(one, one, 50) for one in plain.domains}
    before, after = (
        {cell.key(domains): cell for cell in enumerate_cells(one, domains)}
        for one in (plain, several)
    )
    assert before.keys() < after.keys()
    added = Counter((after[key].branches, after[key].blocks) for key in after.keys() - before)
    assert added == {
        **{("temporal", blocks): 2 for blocks in (0, 2, 5)},
        **{("spectral", blocks): 2 for blocks in (0, 5)},
    }
    assert (several.judged_branches, several.judged_blocks) == ("both", (0, 2, 5))
    assert parse_study(more.replace('"both", ', ""), "mini.toml").judged_branches == "temporal"


def test_cells_of_older_records_are_read_with_their_branches() -> None:
    cell = Cell("network", "t", 7, 20, sources=("s",), transfer=TransferConfig(), branches="both")
    content = to_json(cell)
    assert isinstance(content, dict)
    assert isinstance(content["transfer"], dict)
    content["transfer"]["branches"] = content.pop("branches")
    assert TypeAdapter(Cell).validate_json(json.dumps(content)) == cell
