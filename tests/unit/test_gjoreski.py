"""The study files of the paper's own datasets: what they ask for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from crosswear.datasets import lookup
from crosswear.grid.experiment import enumerate_cells, resolve_sizes
from crosswear.grid.facts import DomainFacts
from crosswear.grid.study_file import parse_study

STUDIES = Path(__file__).parents[2] / "studies"
CLASSES = {"skoda": 10, "opportunity": 21, "jsi_fos": 8, "pamap2": 15}


@pytest.mark.parametrize(
    ("name", "domains"),
    [
        ("gjoreski-2019", ["skoda", "opportunity", "jsi_fos", "pamap2"]),
        ("gjoreski-2019-public", ["skoda", "opportunity", "pamap2"]),
    ],
)
def test_it_asks_for_what_the_paper_did(name: str, domains: list[str]) -> None:
    study = parse_study((STUDIES / f"{name}.toml").read_text("utf-8"), name)
    assert list(study.domains) == domains
    facts = {(one, 0): DomainFacts(one, one, 3000 + 10 * i) for i, one in enumerate(domains)}
    facts["skoda", 0] = DomainFacts("skoda", "skoda", 2087)
    sizes = resolve_sizes(study, facts)
    assert (len(sizes), sizes[0], sizes[-1]) == (12, 20, 2087)
    cells = list(enumerate_cells(study, facts))
    pairs = {(one.sources, one.target) for one in cells if one.method == "network" and one.sources}
    n = len(domains)
    assert len(pairs) == n * (n - 1)
    counts = Counter((one.method, bool(one.sources)) for one in cells)
    assert counts == {
        ("source", False): n,
        ("majority", False): n,
        ("network", False): n * 12,
        ("network", True): n * (n - 1) * 12 * 5,
    }
    assert {one.blocks for one in cells if one.sources} == {1, 2, 3, 4, 5}
    assert {one.train.epochs for one in cells if one.train} == {70}
    assert study.transfer.strategy == "freeze"


def test_its_datasets_have_the_numbers_of_classes_of_the_paper() -> None:
    for name, classes in CLASSES.items():
        spec, options = lookup(name)
        assert len(spec.variants[options.variant]) == classes
