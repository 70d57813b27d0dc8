"""Studies in which each person is tested once: domains, cells, and scores over all people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from own_helpers import describe, put, rows
from study_helpers import ignore

from crosswear.core.config import PreparationConfig
from crosswear.core.errors import StudyFileError
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.datasets.held_out import each_held_out
from crosswear.datasets.prepare import prepare
from crosswear.evidence.records import Observed, StudyRecords, facts_of
from crosswear.evidence.scores import ScoreKey, scores_of
from crosswear.evidence.statements import LearningMethod
from crosswear.grid.experiment import Cell, StudyDesign, enumerate_cells
from crosswear.grid.study_file import parse_study
from crosswear.signal.leakage import audit
from crosswear.signal.metrics import macro_f1
from crosswear.study.load import LoadedStudy, load_study
from generators.records import observe

pytestmark = pytest.mark.usefixtures("few_trees")

FOREST = ("forest", "many")
TEXT = """
name = "each"
[domains]
few = "simulated-manipulation"
one = "simulated-gestures"
many = "simulated-sports"
[grid]
sizes = [20]
blocks = [1]
splits = "leave-one-subject-out"
baselines = ["majority", "forest"]
"""


@pytest.fixture(scope="module")
def opened(cache: Path) -> LoadedStudy:
    return load_study(parse_study(TEXT, "s.toml"), TEXT, None, cache, ignore)


@pytest.fixture(scope="module")
def many(cache: Path) -> Domain:
    return prepare("simulated-sports", None, PreparationConfig(), cache)


def people(domain: Domain, subset: Subset) -> set[int]:
    return set(domain.windows.subject[domain.indices(subset)].tolist())


def test_each_person_is_tested_once_and_never_learned_from_there(many: Domain) -> None:
    folds = list(each_held_out(many))
    assert [people(fold, Subset.TEST) for fold in folds] == [{k} for k in range(9)]
    for fold in folds:
        learned = people(fold, Subset.TRAIN), people(fold, Subset.VALIDATION)
        assert [len(some) for some in learned] == [6, 2]
        assert set.union(*learned, people(fold, Subset.TEST)) == set(range(9))
        audit(fold.windows, fold.subset)
        np.testing.assert_array_equal(fold.windows.x[::97], many.windows.x[::97])
        assert fold.summary.split.missing[Subset.TRAIN] == ()
    assert len({fold.summary.digest for fold in folds} | {many.summary.digest}) == 10


def test_the_same_comes_again_and_a_damaged_one_is_made_again(many: Domain) -> None:
    fold = next(each_held_out(many))
    (fold.folder / "subset.npy").write_bytes(b"damaged")
    again = next(each_held_out(many))
    np.testing.assert_array_equal(again.subset, fold.subset)
    assert again.summary == fold.summary


def test_every_target_is_tested_on_everybody_and_no_network_is_trained_twice(
    opened: LoadedStudy,
) -> None:
    tested: dict[str, list[int]] = {}
    for cell in opened.cells.values():
        if cell.method == "forest":
            tested.setdefault(cell.target, []).append(cell.split)
    assert tested == {"few": [*range(4)], "one": [0], "many": [*range(9)]}
    sources = [(c.target, c.split) for c in opened.cells.values() if c.method == "source"]
    assert sorted(sources) == [
        *(("few", k) for k in range(4)),
        *(("many", k) for k in range(4)),  # the other five would be of no use
        ("one", 0),
    ]
    keys = set(opened.cells)
    for cell in opened.cells.values():
        if cell.method == "network" and cell.sources:
            assert cell.source_cell(opened.facts).key(opened.facts) in keys


def one_person(cell: Cell, *classes: int) -> Observed:
    """An observation of the split's person alone, who has the class of that number alone."""
    one = observe(cell, 0.3 + 0.05 * cell.split, 0.0, *classes)
    counts = one.counts[(one.counts[:, 0] == 0) & (one.counts[:, 1] == cell.split % classes[0])]
    return replace(one, counts=np.insert(counts[:, 1:], 0, cell.split, axis=1))


def test_scores_are_over_all_people(opened: LoadedStudy) -> None:
    domains = {key: domain.summary for key, domain in opened.domains.items()}
    facts = facts_of(domains)
    observed = {
        key: one_person(cell, *(len(domains[n, cell.split].classes) for n in cell.targets))
        for key, cell in ((one.key(facts), one) for one in enumerate_cells(opened.study, facts))
    }
    records = StudyRecords(opened.study, TEXT, domains, observed, frozenset(), ())
    key = ScoreKey("many", 20, LearningMethod("forest"))
    score = scores_of(records).by_key[key]
    each = [one for one in observed.values() if (one.cell.method, one.cell.target) == FOREST]
    pooled = np.sum([one.confusion for one in each], axis=0)
    assert len(each) == 9
    assert score.micro_f1.value == pytest.approx(np.trace(pooled) / pooled.sum())
    assert score.micro_f1.low < score.micro_f1.value < score.micro_f1.high
    assert score.macro_f1 == pytest.approx(macro_f1(pooled))


def test_domains_of_few_people_alone_are_an_error(cache: Path, tmp_path: Path) -> None:
    own = []
    for name in ("ann", "bob"):
        (tmp_path / name).mkdir()
        put(
            tmp_path / name,
            f"{name}.csv",
            [line for k in range(6) for line in rows(800, first=800 * k)],
        )
        own.append(f'{name} = "{describe(tmp_path / name)}"')
    domains = TEXT[TEXT.index("few") : TEXT.index("[grid]")]
    text = TEXT.replace(domains, "\n".join(own) + "\n")
    with pytest.raises(StudyFileError, match="no domain has the people"):
        load_study(parse_study(text, "s.toml"), text, None, cache, ignore)


def study(old: str, new: str) -> StudyDesign:
    return parse_study(TEXT.replace(old, new), "s.toml")


@pytest.mark.parametrize(
    "wrong", ['"leave-one-out"', "0", "101", "1.5", "true", "[1]", '"3"', '""']
)
def test_a_wrong_number_of_splits_is_one_clear_error(wrong: str) -> None:
    with pytest.raises(StudyFileError) as caught:
        study('"leave-one-subject-out"', wrong)
    assert caught.value.where == "s.toml: grid.splits"
    assert "more)" not in caught.value.what
    assert caught.value.expected


def test_no_split_has_a_number_there() -> None:
    with pytest.raises(StudyFileError, match="every person is tested once") as caught:
        study("[grid]", "[preparation]\nsplit = 1\n[grid]")
    assert caught.value.where == "s.toml: preparation.split"
