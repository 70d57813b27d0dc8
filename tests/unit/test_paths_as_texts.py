"""Everything that `import crosswear` offers takes a path as a text, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_helpers import describe, put, rows

import crosswear


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    for number in range(4):
        measured = rows(3000, one_g=1 + number / 100, labels=("sit", "walk") * 3)
        put(tmp_path / "own", f"p{number + 1}.csv", measured)
    return describe(tmp_path / "own")


@pytest.mark.parametrize("kind", [str, Path])
def test_prepared_domains(recordings: Path, tmp_path: Path, kind: type) -> None:
    data, cache = kind(tmp_path), kind(tmp_path / "cache")
    config = crosswear.PreparationConfig()
    domain = crosswear.prepare(kind(recordings), data, config, cache)
    assert domain.summary.reference == str(recordings)
    assert crosswear.load_domain(kind(domain.folder)).classes == domain.classes
    (source,) = crosswear.find_sources(kind(recordings), data, cache, config, print)
    assert source.domain.summary.digest == domain.summary.digest
    with pytest.raises(crosswear.CrosswearError, match="already exists"):
        crosswear.adapt(kind(recordings), kind(tmp_path))


@pytest.mark.parametrize("kind", [str, Path])
def test_studies(recordings: Path, tmp_path: Path, kind: type) -> None:
    path = tmp_path / "study.toml"
    path.write_text(
        'name = "mine"\n[domains]\nmine = "own/dataset.toml"\nother = "simulated-daily"\n'
        "[grid]\nsizes = [20]\nblocks = [0]\n"
    )
    study = crosswear.Study.load(kind(path), kind(tmp_path), kind(tmp_path / "cache"))
    assert study.design.domains["mine"] == str(recordings)
    run = crosswear.Run(study, kind(tmp_path / "out"))
    assert run.store.done(study.loaded.cells) == set()
