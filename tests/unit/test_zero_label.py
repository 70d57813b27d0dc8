"""Networks that learn shared classes without labels of the target."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from study_helpers import ignore, results

from crosswear.core.config import ModelConfig, PreparationConfig, TrainConfig
from crosswear.core.errors import DomainError
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain, load_domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.alignment import Adversary, adversarial_weight, reverse_gradient, squared_mmd
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.grouping import group
from crosswear.engine.measuring import MeasuringProcesses
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell
from crosswear.grid.labels import SharedClass
from crosswear.grid.methods import ALIGNMENTS, Alignment
from crosswear.grid.result import CellResult
from crosswear.grid.store import Store
from crosswear.grid.study_file import parse_study
from crosswear.networks.models import NETWORKS, build
from crosswear.networks.transfer import adapt_statistics
from crosswear.signal.metrics import micro_f1
from crosswear.study.execution import ExecutionSettings
from crosswear.study.load import load_study
from crosswear.study.plan import plan_study
from crosswear.study.run import run_study
from reference_trainer import train_cell

Change = Callable[[Domain, dict[str, NDArray[np.generic]]], None]

TRAIN = TrainConfig(epochs=2, batch_size=16, selection="last")
SHARED = 6
"""Classes of ten: the target's windows are of others too."""

alignments = pytest.mark.parametrize("alignment", ALIGNMENTS)


@pytest.fixture(scope="module")
def domain(cache: Path) -> Domain:
    """A small one, of short windows."""
    return prepare("simulated-gestures", None, PreparationConfig(window_s=2.0, hop_s=6.0), cache)


def changed(domain: Domain, folder: Path, change: Change) -> Domain:
    """The same domain with other arrays."""
    shutil.copytree(domain.folder, folder)
    arrays = {name: np.load(folder / f"{name}.npy") for name in ("x", "y")}
    change(domain, arrays)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return load_domain(folder)


def run(
    alignment: Alignment,
    source: Domain,
    target: Domain,
    name: str = "multi-resnet",
    train: TrainConfig = TRAIN,
) -> CellResult:
    classes = source.classes[:SHARED]
    shared = tuple(SharedClass(f"{one} here and there", (one,), (one,)) for one in classes)
    model = ModelConfig(name, (16, 16, 16))
    cell = Cell(alignment, "t", 7, 60, sources=("s",), model=model, train=train, shared=shared)
    task = Task(cell, "key", target.folder, source_domains=(source.folder,))
    (outcome,) = CohortTrainer()((task,))
    return outcome.result


@alignments
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_with_every_alignment(
    domain: Domain, alignment: Alignment, name: str
) -> None:
    result = run(alignment, domain, domain, name)
    tested = domain.windows.y[domain.indices(Subset.TEST)]
    assert result.classes == SHARED
    assert result.confusion.sum(axis=1).tolist() == np.bincount(tested)[:SHARED].tolist()
    assert len(result.history) == result.epoch == TRAIN.epochs
    assert all(np.isfinite(epoch.train_loss) for epoch in result.history)


@alignments
def test_labels_of_the_target_change_nothing_unless_they_are_asked_for(
    domain: Domain, tmp_path: Path, alignment: Alignment
) -> None:
    def permute(domain: Domain, arrays: dict[str, NDArray[np.generic]]) -> None:
        rows = np.flatnonzero(domain.subset != Subset.TEST)
        arrays["y"][rows] = np.random.default_rng(0).permutation(arrays["y"][rows])

    other = changed(domain, tmp_path / "permuted", permute)
    same = run(alignment, domain, domain) == run(alignment, domain, other)
    assert same == (alignment != "target-labels")


@alignments
def test_windows_that_are_tested_are_never_learned_from(
    domain: Domain, tmp_path: Path, alignment: Alignment
) -> None:
    def spoil(domain: Domain, arrays: dict[str, NDArray[np.generic]]) -> None:
        rows = domain.subset != Subset.TRAIN
        arrays["x"][rows] = np.random.default_rng(0).normal(size=arrays["x"][rows].shape)

    other = changed(domain, tmp_path / "spoilt", spoil)
    one, two = run(alignment, domain, domain), run(alignment, domain, other)
    assert one.history == two.history
    assert one.counts != two.counts


@pytest.mark.slow
def test_windows_of_other_classes_are_among_the_unlabelled(domain: Domain, tmp_path: Path) -> None:
    def shake(domain: Domain, arrays: dict[str, NDArray[np.generic]]) -> None:
        arrays["x"][domain.windows.y >= SHARED] *= 5

    other = changed(domain, tmp_path / "shaken", shake)
    for alignment in ("adabn", "mmd", "adversarial"):
        assert run(alignment, domain, domain) != run(alignment, domain, other)
    assert run("source-only", domain, domain) == run("source-only", domain, other)


@pytest.mark.slow
def test_adabn_undoes_another_sensor(gestures: Domain, tmp_path: Path) -> None:
    """One that shows half of it, and is offset: a shift that statistics show."""

    def rescale(domain: Domain, arrays: dict[str, NDArray[np.generic]]) -> None:
        arrays["x"] *= np.float32(0.5)
        arrays["x"] += np.array([0.8, -0.5, 0.6], np.float32)[:, None]

    other = changed(gestures, tmp_path / "rescaled", rescale)
    train = replace(TRAIN, epochs=15, batch_size=32)
    source_only, adabn = (
        micro_f1(run(one, gestures, other, train=train).confusion)
        for one in ("source-only", "adabn")
    )
    assert adabn > source_only + 0.2


def test_adabn_trains_as_source_only_does(domain: Domain) -> None:
    assert run("adabn", domain, domain).history == run("source-only", domain, domain).history


@pytest.mark.parametrize("subset", [Subset.TRAIN, Subset.TEST])
def test_without_a_window_of_a_shared_class_it_is_said(
    domain: Domain, tmp_path: Path, subset: Subset
) -> None:
    def relabel(domain: Domain, arrays: dict[str, NDArray[np.generic]]) -> None:
        arrays["y"][domain.subset == subset] = SHARED

    other = changed(domain, tmp_path / "relabelled", relabel)
    with pytest.raises(DomainError, match=f"the {subset.name.lower()} subset is of a shared"):
        run("source-only", other, other)


@pytest.mark.parametrize("name", NETWORKS)
def test_adabn_changes_statistics_and_nothing_else(name: str) -> None:
    network = build(ModelConfig(name, (16, 16, 16)), 4, 100, seed=0)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    adapt_statistics(network, ("",), torch.randn(30, 3, 100))
    after = {key: value for key, value in network.state_dict().items() if value.ndim}
    differing = {key for key, value in after.items() if not torch.equal(value, before[key])}
    assert differing == {key for key in before if key.endswith(("running_mean", "running_var"))}


def test_a_reversed_gradient_has_the_other_sign_and_the_weight() -> None:
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    y = reverse_gradient(x, 0.5)
    (y * torch.tensor([3.0, 4.0])).sum().backward()
    torch.testing.assert_close(y, x)
    torch.testing.assert_close(x.grad, torch.tensor([-1.5, -2.0]))


def test_the_adversary_learns_to_tell_domains_apart_and_features_to_hide_it() -> None:
    a = torch.randn(40, 8).requires_grad_()
    b = (torch.randn(40, 8) + 2).requires_grad_()
    adversary = Adversary(8)
    optimiser = torch.optim.Adam(adversary.parameters(), 0.01)
    losses = []
    for _ in range(100):
        optimiser.zero_grad()
        loss = adversary(a, b, 0.5)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 < losses[0]
    a.grad = b.grad = None
    adversary(a, b, 1.0).backward()
    with torch.no_grad():  # as an optimiser would
        after = adversary(a - 100 * a.grad, b - 100 * b.grad, 1.0)
    assert after > losses[-1]


def test_the_weight_of_the_adversary_rises_from_nothing_to_one() -> None:
    weights = [adversarial_weight(progress) for progress in (0, 0.1, 0.5, 1)]
    assert weights[0] == 0
    assert weights == sorted(weights)
    assert weights[-1] == pytest.approx(1, abs=1e-4)


def test_mmd_is_nothing_for_equal_distributions_and_grows_with_a_shift() -> None:
    torch.manual_seed(0)
    equal = [squared_mmd(torch.randn(64, 16), torch.randn(64, 16)).item() for _ in range(50)]
    assert abs(np.mean(equal)) < 3 * np.std(equal) / np.sqrt(50)
    a, b = torch.randn(64, 16), torch.randn(64, 16)
    shifted = [squared_mmd(a, b + shift).item() for shift in (0, 0.5, 1, 2)]
    assert shifted == sorted(shifted)
    assert shifted[1] > 3 * np.std(equal)


def test_mmd_draws_two_samples_together_and_copes_with_equal_windows() -> None:
    a, b = torch.randn(20, 4), (torch.randn(20, 4) + 1).requires_grad_()
    loss = squared_mmd(a, b)
    loss.backward()
    assert squared_mmd(a, b - b.grad) < loss
    same = torch.ones(6, 4, requires_grad=True)
    squared_mmd(same, same).backward()
    assert torch.isfinite(same.grad).all()


STUDY = """
name = "shared"
[domains]
gestures = "simulated-gestures"
daily = "simulated-daily"
[grid]
sizes = []
blocks = []
alignments = ["source-only", "adabn", "mmd", "adversarial", "target-labels"]
[preparation]
window_s = 2.0
hop_s = 6.0
[model]
filters = [16, 16, 16]
[source]
epochs = 1
[labels.one]
gestures = ["open_hood"]
daily = ["walking"]
[labels.other]
gestures = ["close_hood", "check_steering_wheel"]
daily = ["standing", "sitting"]
"""


@pytest.mark.slow
def test_a_study_has_the_same_numbers_wherever_it_runs(cache: Path, tmp_path: Path) -> None:
    opened = load_study(parse_study(STUDY, "s.toml"), STUDY, None, cache, ignore)
    alone, beside, far = (tmp_path / name for name in ("alone", "beside", "far"))
    plan = plan_study(opened, Store(alone), ExecutionSettings(), MeasuringProcesses())
    assert plan.cells == dict.fromkeys(ALIGNMENTS, 2)
    assert plan.missing == 10
    assert plan.multiply_adds > 0
    assert plan.seconds > 0
    for out, place in (
        (alone, ExecutionSettings()),
        (beside, ExecutionSettings(2)),
        (far, ExecutionSettings(1, cluster="local")),
    ):
        done = run_study(opened, Store(out), place, ignore, ignore)
        assert (done.trained, done.failed) == (10, ())
    assert results(opened, alone) == results(opened, beside) == results(opened, far)


def test_cells_run_alone_and_the_reference_says_the_same(domain: Domain) -> None:
    shared = tuple(SharedClass(one, (one,), (one,)) for one in domain.classes[:3])
    model = ModelConfig("multi-resnet", (16, 16, 16))
    cell = Cell("mmd", "t", 7, 60, sources=("s",), model=model, train=TRAIN, shared=shared)
    tasks = [
        Task(replace(cell, seed=seed), str(seed), domain.folder, source_domains=(domain.folder,))
        for seed in range(3)
    ]
    assert len(group(tasks, "cpu")) == 3
    assert train_cell(tasks[0]).result == CohortTrainer()(tasks[:1])[0].result
