"""The real recordings as domains, and a study on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import LeakageError
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.engine.measuring import MeasuringProcesses
from crosswear.grid.experiment import enumerate_cells
from crosswear.grid.store import Store
from crosswear.grid.study_file import parse_study
from crosswear.report.whole import report_study
from crosswear.signal.leakage import audit
from crosswear.study.collect import collect
from crosswear.study.execution import ExecutionSettings
from crosswear.study.load import load_study
from crosswear.study.plan import plan_study
from crosswear.study.read import read_study
from crosswear.study.run import run_study

pytestmark = [pytest.mark.real, pytest.mark.slow]

STUDIES = Path(__file__).parents[2] / "studies"
DATASETS = ("actrectut", "wharf", "selfback", "dsads")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def domains(real_data: Path, cache: Path) -> dict[str, Domain]:
    return {name: prepare(name, real_data, PreparationConfig(), cache) for name in DATASETS}


@pytest.mark.parametrize("name", DATASETS)
def test_no_raw_sample_is_in_two_subsets(domains: dict[str, Domain], name: str) -> None:
    domain = domains[name]
    audit(domain.windows, domain.subset)
    train = domain.indices(Subset.TRAIN)
    planted = domain.subset.copy()
    inside = train[1:][np.diff(train) == 1]  # a window whose neighbour is in train as well
    planted[inside[len(inside) // 2]] = Subset.TEST
    with pytest.raises(LeakageError):
        audit(domain.windows, planted)


@pytest.mark.parametrize("name", DATASETS)
def test_splits_reach_the_protocol(domains: dict[str, Domain], name: str) -> None:
    split = domains[name].summary.split
    assert np.abs(np.subtract(split.percent, (40, 10, 50))).max() < 4
    assert split.unit == ("occurrence" if name == "actrectut" else "subject")
    subjects = [
        set(domains[name].windows.subject[domains[name].indices(subset)]) for subset in Subset
    ]
    if split.unit == "subject":
        assert not subjects[0] & subjects[1]
        assert not subjects[0] & subjects[2]
        assert not subjects[1] & subjects[2]
        tested = domains[name].windows.subject[domains[name].indices(Subset.TEST)]
        assert np.bincount(tested).max() <= len(tested) / 2


def test_the_full_study_is_twelve_pairs(
    domains: dict[str, Domain], real_data: Path, cache: Path, tmp_path: Path
) -> None:
    study, text = read_study(STUDIES / "wrist.toml")
    opened = load_study(study, text, real_data, cache, lambda _: None)
    plan = plan_study(opened, Store(tmp_path), ExecutionSettings(), MeasuringProcesses())
    assert plan.seconds > 60
    each = 5 * 5  # sizes × seeds
    assert plan.cells["transfer"] == (12 + 4) * len(study.grid.blocks) * each
    assert plan.cells["scratch"] == plan.cells["forest"] == plan.cells["minirocket"] == 4 * each
    assert plan.cells["logistic"] == (12 + 4) * each
    assert plan.sizes == (20, 50, 100, 200, 500)
    assert len(list(enumerate_cells(study, opened.facts))) == plan.missing


def test_a_study_of_real_recordings_ends_in_heatmaps(
    domains: dict[str, Domain], real_data: Path, cache: Path, tmp_path: Path
) -> None:
    """The short wrist study with one block count, one size and very few epochs."""
    _, text = read_study(STUDIES / "wrist-small.toml")
    for old, new in (
        ("sizes = [20, 100, 200]", "sizes = [100]"),
        ("blocks = [1, 3, 5]", "blocks = [3]"),
        ("epochs = 12", "epochs = 1"),
        ("epochs = 40", "epochs = 2"),
        ("[source]", "[model]\nfilters = [16, 16, 16]\n\n[source]"),
    ):
        assert old in text
        text = text.replace(old, new)
    opened = load_study(parse_study(text, "cut"), text, real_data, cache, lambda _: None)
    store = Store(tmp_path)
    done = run_study(opened, store, ExecutionSettings(), lambda *_: None, lambda _: None)
    assert done.failed == ()
    alone, paired = 4 * 3, (12 + 4) * 2  # scratch and two baselines; a transfer and a logistic
    assert done.trained == 4 + 4 + alone + paired
    found = {key: store.read(key).result for key in opened.cells}
    scores = {key: np.trace(one.confusion) / one.confusion.sum() for key, one in found.items()}
    kinds = {key: opened.cells[key].method for key in found}
    mean = {
        method: np.mean([scores[key] for key in found if kinds[key] == method])
        for method in set(kinds.values())
    }
    assert all(mean[method] > mean["majority"] + 0.2 for method in ("forest", "logistic"))
    report = report_study(collect(opened, store, lambda _: None), tmp_path, allow_partial=False)
    assert all(path.stat().st_size > 0 for path in report.paths)
