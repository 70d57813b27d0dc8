"""Folders of encoders: cards, files that were changed, and the command line."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("onnxruntime")

from encoder_helpers import CARD, made

from crosswear.cli import main
from crosswear.core.errors import CheckpointError, MissingDataError, UsageError
from crosswear.encoders import MANIFEST, MODEL, Encoder, encoders_in, load_encoder
from crosswear.encoders.card import parse_card
from generators import encoders


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return made(tmp_path_factory.mktemp("encoder"), encoders.convolutional())


def test_the_digest_is_of_what_makes_features(encoder: Encoder) -> None:
    about = encoder.manifest
    relicensed = replace(about, card=replace(CARD, licence="MIT", origin="elsewhere"))
    assert relicensed.digest == about.digest
    other = replace(about, found=replace(about.found, sha256="0" * 64))
    assert other.digest != about.digest


def copied(encoder: Encoder, folder: Path) -> Path:
    folder.mkdir()
    for name in (MODEL, MANIFEST):
        (folder / name).write_bytes((encoder.folder / name).read_bytes())
    return folder


def test_a_folder_that_was_changed_is_refused(encoder: Encoder, tmp_path: Path) -> None:
    assert load_encoder(copied(encoder, tmp_path / "same")).manifest == encoder.manifest
    altered = copied(encoder, tmp_path / "altered")
    content = bytearray((altered / MODEL).read_bytes())
    content[-100] ^= 1
    (altered / MODEL).write_bytes(content)
    with pytest.raises(CheckpointError, match="not the file that was imported"):
        load_encoder(altered)
    text = (encoder.folder / MANIFEST).read_text("utf-8")
    for change, reason in (
        (text[:50], "cannot be read as the card"),
        (text.replace('"unit": "g"', '"unit": "mg"'), "cannot be read as the card"),
        (text.replace('"schema": 1', '"schema": 2'), "an encoder of schema 2"),
        ("[]", "cannot be read as the card"),
    ):
        (altered / MANIFEST).write_text(change, "utf-8")
        with pytest.raises(CheckpointError, match=reason):
            load_encoder(altered)
    with pytest.raises(MissingDataError, match="no encoder is there"):
        load_encoder(tmp_path)
    (altered / MANIFEST).unlink()
    assert [one.folder.name for one in encoders_in(tmp_path)] == ["same"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"unit": "mg"}, "card: unit"),
        ({"rate_hz": -1.0}, "card: rate_hz"),
        ({"normalisation": "fixed"}, "a mean and a std"),
        ({"mean": (1.0, 1.0, 1.0)}, "mean and std with normalisation 'fixed' only"),
        ({"window_s": 0.001}, "2 to 1000000 samples"),
        ({"colour": "red"}, "unknown key"),
    ],
)
def test_a_wrong_card_is_one_error(change: dict[str, object], reason: str) -> None:
    known = {name: value for name, value in CARD.__dict__.items() if not name.startswith("_")}
    with pytest.raises(UsageError, match=reason):
        parse_card(known | change)


STATED = (
    *("--rate", "30", "--window", "2", "--unit", "g", "--layout", "NCL"),
    *("--normalise", "none", "--licence", "CC0-1.0", "--origin", "made up for tests"),
)


class Called:
    """Calls `crosswear encoder …`, and returns what it prints."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys, self.monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: object, exit_code: int = 0) -> str:
        words = ["crosswear", "encoder", *map(str, arguments)]
        self.monkeypatch.setattr(sys, "argv", words)
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        out, err = self.capsys.readouterr()
        assert code == exit_code, out + err
        return err if exit_code else out


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Called:
    return Called(capsys, monkeypatch)


@pytest.mark.slow
def test_the_command_line_imports_lists_and_describes(call: Called, tmp_path: Path) -> None:
    file = tmp_path / "a.onnx"
    file.write_bytes(encoders.convolutional())
    made = call("import", file, "--out", tmp_path / "mine", *STATED)
    assert "408 of 452 weights" in made
    about = json.loads(call("describe", tmp_path / "mine", "--json"))
    assert about["card"]["origin"] == "made up for tests"
    assert about["digest"] == load_encoder(tmp_path / "mine").manifest.digest
    assert [one["name"] for one in json.loads(call("list", tmp_path, "--json"))] == ["mine"]
    assert "CC0-1.0" in call("list", tmp_path)


def test_what_the_user_must_state_is_asked_for_at_once(call: Called, tmp_path: Path) -> None:
    file = tmp_path / "a.onnx"
    file.write_bytes(encoders.convolutional())
    begun = ("import", file, "--out", tmp_path / "mine")
    asked = call(*begun, *STATED[:2], exit_code=2)
    assert "--window, --unit, --layout, --normalise, --licence, --origin" in asked
    wrong = call(*begun, *STATED, "--mean", "1,2", "--std", "x", exit_code=2)
    assert "--std: 'x' are no numbers" in wrong
    assert sorted(tmp_path.iterdir()) == [file]
