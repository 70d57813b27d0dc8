"""JSI-FOS: a layout of this project, whose dataset.toml gives classes, rate and placement."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_more_datasets import fails, read, write

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import CrosswearError, DataFormatError, MissingDataError
from crosswear.core.recording import NO_LABEL
from crosswear.datasets import REGISTRY
from crosswear.datasets.fetch import fetch
from crosswear.datasets.prepare import prepare
from crosswear.datasets.verify import verify


class TestJsiFos:
    def altered(self, root: Path, old: str, new: str) -> Path:
        write("jsi_fos", root)
        path = root / "dataset.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
        return path

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('["subject*.csv"]', '["*.csv"]', ["files", "subject*.csv"]),
            ("rate_hz = 50.0", "rate_hz = -1.0", ["rate_hz"]),
            ("rate_hz = 50.0", "speed = 50.0", ["speed"]),
            ("[columns]", "[columns", ["TOML"]),
        ],
    )
    def test_settings_that_are_wrong(
        self, old: str, new: str, said: list[str], tmp_path: Path
    ) -> None:
        path = self.altered(tmp_path, old, new)
        fails(DataFormatError, "jsi_fos", tmp_path, path, *said)

    def test_settings_that_are_missing(self, tmp_path: Path) -> None:
        write("jsi_fos", tmp_path)
        path = tmp_path / "dataset.toml"
        path.unlink()
        with pytest.raises(MissingDataError) as caught:
            read("jsi_fos", tmp_path)
        assert str(path) in str(caught.value)

    def test_rate_and_placement_are_those_of_the_settings(self, tmp_path: Path) -> None:
        path = self.altered(tmp_path, '"wrist"', '"left_wrist"')
        path.write_text(path.read_text().replace("rate_hz = 50.0", "rate_hz = 49.5"))
        recordings, notes = read("jsi_fos", tmp_path)
        assert {(one.rate_hz, one.placement) for one in recordings} == {(49.5, "left_wrist")}
        assert notes[:3] == [
            "The layout is this project's, not the publisher's: nothing verifies these files.",
            "2 of 10 subjects were found.",
            "dataset.toml names 3 classes; the study has 8.",
        ]
        assert any((one.labels == NO_LABEL).any() for one in recordings)

    def test_classes_and_placement_of_a_domain_are_those_of_the_settings(
        self, tmp_path: Path
    ) -> None:
        self.altered(tmp_path / "jsi_fos", '"being on all fours"', '"crawling"')
        path = tmp_path / "jsi_fos" / "dataset.toml"
        path.write_text(path.read_text().replace('"wrist"', '"left_wrist"'))
        short = PreparationConfig(window_s=1.0, hop_s=0.5)
        domain = prepare("jsi_fos", tmp_path, short, tmp_path / "cache")
        assert domain.classes == ("walking", "lying", "crawling")
        assert domain.summary.codes == ("walks", "lies/lies on side", "on_all_fours")
        assert domain.summary.placement == "left_wrist"

    def test_the_documented_example_can_be_read(self, tmp_path: Path) -> None:
        parts = REGISTRY["jsi_fos"].details.split("```")
        (tmp_path / "subject01.csv").write_text(parts[1].lstrip("\n"))
        (tmp_path / "dataset.toml").write_text(parts[3].removeprefix("toml\n"))
        recordings, _ = read("jsi_fos", tmp_path)
        assert [one.labels.tolist() for one in recordings] == [[2, 2, 2, -1, 3]]

    def test_who_has_no_files_learns_that_the_layout_is_ours(self, tmp_path: Path) -> None:
        for action in (
            lambda: prepare("jsi_fos", tmp_path, PreparationConfig(), tmp_path / "cache"),
            lambda: fetch(REGISTRY["jsi_fos"], tmp_path, lambda done, total: None),
            lambda: verify(REGISTRY["jsi_fos"], tmp_path),
        ):
            with pytest.raises(CrosswearError) as caught:
                action()
            assert "layout of this project" in caught.value.todo
