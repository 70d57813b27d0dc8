"""Encoders that learn many domains at once: training, card, export, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

pytest.importorskip("onnxruntime")

from crosswear.api.encoders import pretrain as pretrain_file
from crosswear.cli import app
from crosswear.core.errors import CrosswearError, LeakageError, StudyFileError, UsageError
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.deploy.export.source_encoder import Features, export_encoder
from crosswear.encoders import Encoder, load_encoder
from crosswear.engine.pretraining import Pretrained, pretrain
from crosswear.grid.pretraining_file import PretrainingDesign, parse_pretraining
from crosswear.study.pretrained_encoder import read_pretraining

TEXT = """
name = "three"
[domains]
gestures = "simulated-gestures"
daily = "simulated-daily"
sports = "simulated-sports"
[preparation]
hop_s = 6.0
[model]
filters = [16, 16, 16]
[training]
epochs = 2
batch_size = 32
[training.augmentation]
half_turns = 0.5
rotation = 15
"""
SAMPLES = 100


@pytest.fixture(scope="module")
def design() -> PretrainingDesign:
    return parse_pretraining(TEXT, "three.toml").without(("sports",))


@pytest.fixture(scope="module")
def domains(design: PretrainingDesign, cache: Path) -> dict[str, Domain]:
    return {
        name: prepare(reference, None, design.preparation, cache)
        for name, reference in design.domains.items()
    }


@pytest.fixture(scope="module")
def trained(design: PretrainingDesign, domains: Mapping[str, Domain]) -> Pretrained:
    return pretrain(design, domains)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Encoder:
    """The encoder that the command makes of the file without sports."""
    folder = tmp_path_factory.mktemp("encoders")
    file = folder / "three.toml"
    file.write_text(TEXT, "utf-8")
    named = [str(file), "--out", str(folder / "made"), "--cache", str(cache)]
    done = CliRunner().invoke(app, ["pretrain", *named, "--leave-out", "sports"])
    assert done.exit_code == 0, done.output
    assert "Learned from, by three" in done.output
    return load_encoder(folder / "made")


def same(one: Pretrained, other: Pretrained) -> bool:
    state = one.checkpoint.state
    return all(torch.equal(value, other.checkpoint.state[name]) for name, value in state.items())


@pytest.mark.slow
def test_the_card_says_what_it_has_learned_from(
    encoder: Encoder, trained: Pretrained, domains: Mapping[str, Domain]
) -> None:
    learned = encoder.card.learned
    assert learned is not None
    assert {one.name: one.dataset for one in learned.domains} == {
        "gestures": "simulated-gestures",
        "daily": "simulated-daily",
    }
    for one in learned.domains:
        rows = domains[one.name].indices(Subset.TRAIN)
        assert one.windows == len(rows)
        assert one.people == len(np.unique(domains[one.name].windows.subject[rows]))
        assert one.hours == pytest.approx(len(rows) * 6.0 / 3600, abs=1e-3)
        assert one.micro_f1 == pytest.approx(trained.scores[one.name], abs=1e-4)
        assert one.licence == "MIT"
    assert (learned.epoch, learned.training.epochs, learned.model.filters) == (
        trained.epoch,
        2,
        (16, 16, 16),
    )
    assert encoder.card.licence == "simulated-gestures: MIT / simulated-daily: MIT"
    shown = CliRunner().invoke(app, ["encoder", "describe", str(encoder.folder)]).output
    assert "simulated-daily" in shown
    assert "epoch" in shown
    as_json = ["encoder", "describe", "--json", str(encoder.folder)]
    found = json.loads(CliRunner().invoke(app, as_json).output)
    assert found["card"]["learned"]["name"] == "three"


@pytest.mark.slow
def test_the_same_file_gives_the_same_weights(
    design: PretrainingDesign, domains: Mapping[str, Domain], trained: Pretrained
) -> None:
    assert same(pretrain(design, domains), trained)
    assert not same(pretrain(replace(design, seed=1), domains), trained)


@pytest.mark.slow
def test_test_windows_are_not_read(
    design: PretrainingDesign, domains: Mapping[str, Domain], trained: Pretrained
) -> None:
    def damaged(domain: Domain) -> Domain:
        x = np.array(domain.windows.x)
        x[domain.indices(Subset.TEST)] = np.nan
        return replace(domain, windows=replace(domain.windows, x=x))

    assert same(pretrain(design, {n: damaged(one) for n, one in domains.items()}), trained)


@pytest.mark.slow
@pytest.mark.parametrize("samples", [SAMPLES, 61])
def test_the_exported_network_computes_the_same(
    trained: Pretrained, encoder: Encoder, samples: int
) -> None:
    x = np.random.default_rng(0).normal(size=(9, 3, samples)).astype(np.float32)
    inside = Features(trained.checkpoint.model.name, trained.checkpoint.network())
    with torch.inference_mode():
        expected = inside(torch.from_numpy(x)).numpy()
    found = encoder.features(x, 25.0)
    assert found.shape == (9, 32)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.slow
def test_its_untrained_control_has_other_features(encoder: Encoder) -> None:
    x = np.random.default_rng(0).normal(size=(9, 3, SAMPLES)).astype(np.float32)
    control = encoder.features(x, 25.0, untrained_seed=1)
    assert control.shape == (9, 32)
    assert not np.allclose(control, encoder.features(x, 25.0))


@pytest.mark.slow
def test_scores_are_of_the_validation_windows_of_each_domain(
    domains: Mapping[str, Domain], trained: Pretrained
) -> None:
    network, first = trained.checkpoint.network(), 0
    for name, domain in domains.items():
        rows = domain.indices(Subset.VALIDATION)
        with torch.inference_mode():
            scores = network(torch.from_numpy(np.array(domain.windows.x[rows])))
        own = scores[:, first : first + len(domain.classes)].argmax(dim=1).numpy()
        assert trained.scores[name] == pytest.approx((own == domain.windows.y[rows]).mean())
        first += len(domain.classes)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("epochs = 2", "epoch = 2", r"training\.epoch: unknown key"),
        ('daily = "simulated-daily"\nsports = "simulated-sports"\n', "", "2 entries or more"),
        ("[model]", '[model]\nname = "multi-resnet"', r"model\.name: no encoder is made of"),
        ("epochs = 2", "epochs = 2\nlayer_decay = 0.5", r"training\.layer_decay"),
        ("half_turns = 0.5", "half_turns = 2", r"training\.augmentation\.half_turns"),
        (TEXT, 'name = "x"\n[domains]\na = "b"\nb = "c"\n', "missing key"),
        (TEXT, "name = ", "not valid TOML"),
    ],
)
def test_wrong_files_are_refused(old: str, new: str, reason: str) -> None:
    assert old in TEXT
    with pytest.raises(StudyFileError, match=reason):
        parse_pretraining(TEXT.replace(old, new), "file.toml")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "leave_out", "kind", "reason"),
    [
        (TEXT, ["sport"], StudyFileError, "there is no domain 'sport'"),
        (TEXT, ["sports", "daily"], StudyFileError, "1 of 3 domains are left"),
        (
            TEXT.replace('"simulated-daily"', '"simulated-sports:placement=right_wrist"'),
            ["sports"],
            LeakageError,
            "'sports' is left out, and 'daily' is of the same dataset",
        ),
        (
            TEXT.replace('"simulated-daily"', '"simulated-gestures"'),
            [],
            StudyFileError,
            "'gestures' and 'daily' are the same domain",
        ),
        (TEXT.replace("hop_s = 6.0", "window_s = 0.4"), [], UsageError, "too short for 3 blocks"),
        (TEXT.replace("simulated-daily", "nothing"), [], UsageError, "there is no dataset"),
    ],
)
def test_impossible_requests_leave_nothing(
    tmp_path: Path,
    cache: Path,
    text: str,
    leave_out: list[str],
    kind: type[CrosswearError],
    reason: str,
) -> None:
    with pytest.raises(kind, match=reason):
        pretrain_file(text, tmp_path / "new", cache=cache, leave_out=leave_out)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_interruption_leaves_nothing(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> Pretrained:
        raise KeyboardInterrupt

    monkeypatch.setattr("crosswear.study.pretrained_encoder.pretrain", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pretrain_file(TEXT, tmp_path / "new", cache=cache)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="it has a CUDA device")
def test_a_device_that_is_not_there_is_named(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(UsageError, match="no CUDA device can be used here"):
        pretrain_file(TEXT, tmp_path / "new", cache=cache, device="cuda")


def test_a_folder_that_exists_is_not_written_over(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(UsageError, match="already exists"):
        pretrain_file(TEXT, tmp_path, cache=cache)


@pytest.mark.slow
def test_it_exports_without_a_record_of_pretraining_too(
    trained: Pretrained, tmp_path: Path
) -> None:
    made = export_encoder(trained.checkpoint, 25.0, "MIT", "simulated", tmp_path / "new")
    assert made.card.learned is None
    assert made.card.shorter == "keep"


def test_the_file_of_the_docs_is_read() -> None:
    design = read_pretraining(Path(__file__).parents[2] / "studies" / "encoder" / "pretrain.toml")
    assert len(design.domains) == 5
    assert design.model.name == "pooled-resnet"
    assert design.domains["wisdm_watch"].endswith("studies/encoder/../wisdm_watch/dataset.toml")
