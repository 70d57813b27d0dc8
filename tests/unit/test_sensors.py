"""A gyroscope beside the accelerometer: networks, transfer between sensors, studies."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from crosswear.adaptation.from_recordings import AdaptationSettings, adapt
from crosswear.core.config import ARCHITECTURES, ModelConfig, Strategy, TrainConfig, TransferConfig
from crosswear.core.errors import StudyFileError, TransferError, UsageError
from crosswear.core.files import new_folder
from crosswear.core.keys import canonical_json
from crosswear.core.recording import ACCELEROMETER, Sensors
from crosswear.datasets.domain import Domain, DomainSummary, load_domain
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.grouping import group
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell
from crosswear.grid.store import Store
from crosswear.grid.study_file import parse_study
from crosswear.networks.checkpoint import load_checkpoint, save_checkpoint
from crosswear.networks.models import NETWORKS, build, declared, side_by_side, summarise
from crosswear.networks.transfer import plan_transfer, set_training
from crosswear.networks.transfer_report import TransferReport
from crosswear.signal.features import window_features
from crosswear.study.execution import ExecutionSettings
from crosswear.study.load import load_study
from crosswear.study.run import run_study
from generators import GENERATORS
from reference_trainer import train_cell

pytestmark = pytest.mark.usefixtures("few_trees")

BOTH: Sensors = ("accelerometer", "gyroscope")
FILTERS = (16, 16, 16)
TRAIN = TrainConfig(epochs=1, batch_size=16, selection="last")
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
TAKING = [name for name in NETWORKS if ARCHITECTURES[name].gyroscope]
WAYS = [(ACCELEROMETER, BOTH), (BOTH, ACCELEROMETER), (BOTH, BOTH)]
"""Sensors of the source, and of the target."""

names = pytest.mark.parametrize("name", TAKING)
ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{len(way[0])}-to-{len(way[1])}")


def network_of(name: str, sensors: Sensors, seed: int, classes: int = 4) -> nn.Module:
    return build(ModelConfig(name, FILTERS), classes, 100, seed, sensors)


def windows(sensors: Sensors, count: int = 6) -> Tensor:
    return torch.randn(count, 3 * len(sensors), 100)


def with_gyroscope(domain: Domain, folder: Path) -> Domain:
    """The same windows with what a gyroscope might have measured beside them."""
    turning = np.gradient(domain.windows.x, axis=2).astype(np.float32)
    x = np.concatenate([domain.windows.x, turning], axis=1)
    summary: DomainSummary = replace(domain.summary, sensors=BOTH, digest="turning")
    with new_folder(folder) as temporary:
        for path in domain.folder.glob("*.npy"):
            np.save(temporary / path.name, np.load(path))
        np.save(temporary / "x.npy", x)
        (temporary / "domain.json").write_text(canonical_json(summary))
    return load_domain(folder)


@pytest.fixture(scope="module")
def domains(gestures: Domain, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Sensors, Domain]:
    turning = with_gyroscope(gestures, tmp_path_factory.mktemp("domains") / "turning")
    return {ACCELEROMETER: gestures, BOTH: turning}


@pytest.fixture(scope="module")
def sources(
    domains: Mapping[Sensors, Domain], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[tuple[str, Sensors], Path]:
    """Networks that were trained, by their names and sensors."""
    found = {}
    for name, (sensors, domain) in itertools.product(TAKING, domains.items()):
        cell = Cell("source", "s", 7, 60, model=ModelConfig(name, FILTERS), train=TRAIN)
        (outcome,) = CohortTrainer()((Task(cell, name, domain.folder),))
        assert outcome.checkpoint is not None
        found[name, sensors] = tmp_path_factory.mktemp(name) / "source.safetensors"
        save_checkpoint(found[name, sensors], outcome.checkpoint)
    return found


@names
def test_the_accelerometer_keeps_its_modules_and_their_first_weights(name: str) -> None:
    alone, both = (network_of(name, sensors, 3).state_dict() for sensors in (ACCELEROMETER, BOTH))
    own = [one for one in alone if one.startswith(("normalise.", "blocks.", "spectral."))]
    assert own
    assert all(torch.equal(alone[one], both[one]) for one in own)
    assert {one for one in both if one.startswith("gyroscope_")} == {f"gyroscope_{o}" for o in own}


@names
def test_units_are_of_every_sensor_and_sensors_meet_in_the_layers_behind(name: str) -> None:
    network = network_of(name, BOTH, 0).eval()
    parts = declared(network)
    units = (*parts.transfer_units, parts.spectral_unit)
    assert all(sum(one.startswith("gyroscope_") for one in unit) * 2 == len(unit) for unit in units)
    before = [one for unit in units for one in unit]
    x = windows(BOTH).requires_grad_()
    own, other = (parts.forward_frozen(parts.cached_input(x), (), before)[at] for at in (0, 2))
    for part, mine in ((own, slice(0, 3)), (other, slice(3, 6))):
        x.grad = None
        part.square().sum().backward()
        assert x.grad is not None
        moved = x.grad.abs().sum(dim=(0, 2)) > 0
        assert moved.nonzero().flatten().tolist() == list(range(6))[mine]


@names
def test_every_prefix_of_the_front_and_the_rest_are_the_whole(name: str) -> None:
    networks = [network_of(name, BOTH, seed) for seed in range(2)]
    states = [one.state_dict() for one in networks]
    together = side_by_side(ModelConfig(name, FILTERS), 4, 100, states, range(2), BOTH)
    x = windows(BOTH)
    unit = declared(together).transfer_units
    first = tuple(one for one in unit[0] if not one.startswith("gyroscope_"))
    with torch.inference_mode():
        expected = torch.stack([network(x) for network in networks])
        for done in ((), first, unit[0], (*unit[0], *unit[1], "gyroscope_spectral")):
            cached_inputs = [
                declared(one).forward_frozen(declared(one).cached_input(x), (), done)
                for one in networks
            ]
            joined = tuple(torch.cat(parts, dim=1) for parts in zip(*cached_inputs, strict=True))
            found = declared(together).forward_trainable(joined, done)
            torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@names
def test_summary_has_every_parameter_once(name: str) -> None:
    counted = summarise(ModelConfig(name), 7, 100, BOTH)
    for numbers in (counted.parameters, counted.multiply_adds):
        assert numbers[""] == sum(count for part, count in numbers.items() if part)
    assert counted.multiply_adds["gyroscope_blocks.block2"] > 0


@names
@ways
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_channels_are_mapped_by_their_sensors(
    name: str, way: tuple[Sensors, Sensors], strategy: Strategy
) -> None:
    theirs, ours = way
    source, target = network_of(name, theirs, 1, classes=5), network_of(name, ours, 2)
    before = {one: value.clone() for one, value in target.state_dict().items()}
    plan = plan_transfer(target, TransferConfig(strategy), 2, source_sensors=theirs)
    report = plan.apply(target, source.state_dict())
    after = target.state_dict()
    assert {*report.copied, *report.fresh} == {*before}
    assert all(torch.equal(after[one], source.state_dict()[one]) for one in report.copied)
    assert all(torch.equal(after[one], before[one]) for one in report.fresh)
    behind = {one for one in source.state_dict() if one.startswith("gyroscope_") and ours != BOTH}
    assert set(report.left) == behind
    turning = {one for one in report.copied if one.startswith("gyroscope_")}
    assert bool(turning) == (theirs == ours)
    # What reads features of a sensor that is fresh, or reads more of them, is fresh as well.
    dense = {one for one in report.copied if one.startswith("dense")}
    assert bool(dense) == (theirs == ours and strategy == "freeze")
    assert any(one.startswith("blocks.block2.") for one in report.copied)


@names
@ways
def test_what_is_frozen_does_not_move_and_a_fresh_sensor_is_learned(
    name: str, way: tuple[Sensors, Sensors]
) -> None:
    theirs, ours = way
    source, target = network_of(name, theirs, 1), network_of(name, ours, 2)
    everything = TransferConfig(freeze_spectral=True)
    plan = plan_transfer(target, everything, len(FILTERS), source_sensors=theirs)
    report = plan.apply(target, source.state_dict())
    frozen = tuple(f"{module}." for module in report.frozen)
    assert ("gyroscope_blocks.block1" in report.frozen) == (theirs == ours)
    before = {one: value.clone() for one, value in target.state_dict().items()}
    optimiser = torch.optim.Adam([p for p in target.parameters() if p.requires_grad], lr=0.1)
    for _ in range(2):
        set_training(target, report.frozen)
        target(windows(ours, 8)).square().mean().backward()
        optimiser.step()
    after = target.state_dict()
    moved = {one for one in before if not torch.equal(before[one], after[one])}
    assert not any(one.startswith(frozen) for one in moved)
    if theirs != ours and ours == BOTH:
        fresh = {one for one in before if one.startswith("gyroscope_")}
        assert {one for one in fresh if "running_mean" in one or "weight" in one} <= moved


def test_a_source_of_other_sensors_than_was_said_is_an_error() -> None:
    target = network_of("multi-resnet", BOTH, 0)
    with pytest.raises(TransferError, match="no such weight"):
        plan_transfer(target, TransferConfig(), 1, source_sensors=BOTH).apply(
            target, network_of("multi-resnet", ACCELEROMETER, 1).state_dict()
        )


@pytest.mark.slow
@names
def test_a_checkpoint_says_which_sensors_it_has(
    sources: Mapping[tuple[str, Sensors], Path], name: str
) -> None:
    for sensors in (ACCELEROMETER, BOTH):
        checkpoint = load_checkpoint(sources[name, sensors])
        assert checkpoint.sensors == sensors
        assert declared(checkpoint.network()).sensors == sensors


def test_an_older_checkpoint_is_of_acceleration(gestures_source: Task, tmp_path: Path) -> None:
    path = gestures_source.source
    assert path is not None
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    about = path.with_suffix(".json").read_text()
    assert '"sensors":["accelerometer"],' in about
    older = about.replace('"sensors":["accelerometer"],', "")
    copy.with_suffix(".json").write_text(older)
    assert load_checkpoint(copy).sensors == ACCELEROMETER


@pytest.mark.slow
@pytest.mark.rounding
@names
@ways
@pytest.mark.parametrize(
    "transfer",
    [*map(TransferConfig, STRATEGIES), TransferConfig(frozen_batchnorm="adapt")],
    ids=lambda one: f"{one.strategy}-{one.frozen_batchnorm}",
)
def test_both_trainers_agree_and_neighbours_change_nothing(
    domains: Mapping[Sensors, Domain],
    sources: Mapping[tuple[str, Sensors], Path],
    name: str,
    way: tuple[Sensors, Sensors],
    transfer: TransferConfig,
) -> None:
    theirs, ours = way
    cell = Cell("network", "t", 7, 20, model=ModelConfig(name, FILTERS), train=TRAIN)
    cell = replace(cell, sources=("s",), blocks=2, transfer=transfer, source_train=TRAIN)
    folder, path = domains[ours].folder, sources[name, theirs]
    tasks = [
        Task(replace(cell, seed=seed), str(seed), folder, path, source_sensors=theirs)
        for seed in range(2)
    ]
    (cohort,) = group(tasks, "cpu")
    together = [one.result for one in CohortTrainer()(cohort)]
    (alone,) = CohortTrainer()((tasks[0],))
    assert together[0] == alone.result
    reference = train_cell(tasks[0]).result
    assert reference.transferred == alone.result.transferred
    losses = [one.history[0].train_loss for one in (reference, alone.result)]
    assert losses[0] == pytest.approx(losses[1], rel=2e-3)


def test_sources_of_other_sensors_are_in_no_cohort_together(tmp_path: Path) -> None:
    cell = Cell("network", "t", 7, 20, model=ModelConfig(), train=TRAIN, transfer=TransferConfig())
    tasks = [
        Task(replace(cell, sources=(name,), blocks=1), name, tmp_path, source_sensors=sensors)
        for name, sensors in (("a", ACCELEROMETER), ("b", BOTH))
    ]
    assert len(group(tasks, "cpu")) == 2


@pytest.mark.slow
@ways
@pytest.mark.parametrize("method", ["logistic", "forest", "extra-trees"])
def test_classical_methods_see_every_sensor(
    domains: Mapping[Sensors, Domain],
    sources: Mapping[tuple[str, Sensors], Path],
    way: tuple[Sensors, Sensors],
    method: str,
) -> None:
    theirs, ours = way
    cell = Cell(method, "t", 7, 40)  # type: ignore[arg-type]
    path = None
    if method == "logistic":
        model = ModelConfig("multi-resnet", FILTERS)
        cell = replace(cell, model=model, sources=("s",), blocks=len(FILTERS))
        path = sources["multi-resnet", theirs]
    (outcome,) = CohortTrainer()(
        (Task(cell, "c", domains[ours].folder, path, source_sensors=theirs),)
    )
    confusion = outcome.result.confusion
    assert np.trace(confusion) / confusion.sum() > 0.2  # the majority has about 0.13


def test_features_are_those_of_each_sensor() -> None:
    x = windows(BOTH).numpy()
    one, other = window_features(x[:, :3], 25.0), window_features(x[:, 3:], 25.0)
    np.testing.assert_array_equal(window_features(x, 25.0), np.hstack([one, other]))


STUDY = """
name = "turning"
[domains]
alone = "dsads"
both = "dsads:sensors=accelerometer+gyroscope"
leg = "dsads:placement=left_leg"
[grid]
sizes = [8]
blocks = [2]
sources = ["alone", "both", "random"]
baselines = ["majority", "forest", "logistic"]
[preparation]
window_s = 2.0
hop_s = 0.5
[model]
filters = [4, 4, 4]
[source]
epochs = 1
[adaptation]
epochs = 1
selection = "last"
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    GENERATORS["dsads"](folder / "dsads", np.random.default_rng(5))
    return folder


@pytest.mark.slow
def test_a_study_of_domains_with_and_without_a_gyroscope(
    data: Path, cache: Path, tmp_path: Path
) -> None:
    opened = load_study(parse_study(STUDY, "s.toml"), STUDY, data, cache, lambda sentence: None)
    store = Store(tmp_path / "out")
    done = run_study(
        opened, store, ExecutionSettings(), lambda progress: None, lambda sentence: None
    )
    assert not done.failed, store.traceback(done.failed[0])
    found: dict[tuple[str, str], TransferReport] = {}
    for key, cell in opened.cells.items():
        transferred = store.read(key).result.transferred
        if transferred is not None:
            found[cell.sources[0], cell.target] = transferred
    assert not any(one.startswith("gyroscope_") for one in found["alone", "both"].copied)
    assert any(one.startswith("gyroscope_") for one in found["alone", "both"].fresh)
    assert any(one.startswith("gyroscope_") for one in found["both", "alone"].left)
    assert not found["both", "alone"].frozen[0].startswith("gyroscope_")
    assert "gyroscope_blocks.block2" in found["random", "both"].frozen
    assert not found["random", "leg"].left


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('["alone", "both", "random"]', '["alone+both"]', r"domains\.alone and domains\.both"),
        ("blocks = [2]", "blocks = [2]\nwhitening = true", r"the same sensors"),
        ("[model]", '[model]\nname = "deep-conv-lstm"', r"domains\.both.*acceleration alone"),
    ],
)
def test_what_cannot_go_together(
    data: Path, cache: Path, before: str, after: str, said: str
) -> None:
    text = STUDY.replace(before, after)
    if "whitening" in after:
        text = text.replace('"forest", "logistic"', '"minirocket"')
    with pytest.raises(StudyFileError, match=said):
        load_study(parse_study(text, "s.toml"), text, data, cache, lambda sentence: None)


def test_a_network_of_shared_filters_takes_acceleration_alone() -> None:
    for name in NETWORKS:
        if name in TAKING:
            continue
        with pytest.raises(UsageError, match="acceleration alone"):
            build(ModelConfig(name), 4, 100, 0, BOTH)


def test_bundles_are_of_acceleration(data: Path, cache: Path, tmp_path: Path) -> None:
    reference = "dsads:sensors=accelerometer+gyroscope"
    with pytest.raises(UsageError, match="accelerometer and gyroscope"):
        adapt(reference, tmp_path / "bundle", data=data, cache=cache)
    settings = AdaptationSettings([reference])
    with pytest.raises(UsageError, match="accelerometer and gyroscope"):
        adapt("dsads", tmp_path / "bundle", settings, data=data, cache=cache)
    assert not (tmp_path / "bundle").exists()
