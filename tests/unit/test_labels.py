"""Classes that domains share, in study files, and the cells that are asked for on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswear.core.errors import StudyFileError
from crosswear.datasets import lookup
from crosswear.grid.experiment import StudyDesign, enumerate_cells
from crosswear.grid.facts import DomainFacts
from crosswear.grid.labels import SharedClass, by_name
from crosswear.grid.study_file import parse_study

GRID = 'sizes = []\nblocks = []\nseeds = 2\nalignments = ["source-only", "mmd", "target-labels"]'
LABELS = """
[labels.walking]
a = ["walking slowly", "walking fast"]
b = ["walking"]
[labels.resting]
a = ["sitting"]
b = ["lying", "sitting"]
[labels.running]
b = ["running"]
"""
FACTS = {
    (name, 0): DomainFacts(name, f"digest of {name}", windows, classes)
    for name, windows, classes in (
        ("a", 200, ("sitting", "walking fast", "walking slowly")),
        ("b", 80, ("lying", "running", "sitting", "walking")),
        ("c", 90, ("eating", "walking")),
    )
}


def study(grid: str = GRID, labels: str = LABELS) -> StudyDesign:
    domains = "\n".join(f'{name} = "dsads"' for name, _ in FACTS)
    text = f'name = "demo"\n[domains]\n{domains}\n[grid]\n{grid}\n{labels}'
    return parse_study(text, "s.toml")


def test_every_pair_that_shares_classes_has_every_alignment_and_repetition() -> None:
    cells = list(enumerate_cells(study(), FACTS))
    asked = {(c.sources, c.target, c.method, c.seed, c.size) for c in cells}
    assert len(cells) == len(asked) == 2 * 3 * 2
    assert {(c.sources, c.target) for c in cells} == {(("a",), "b"), (("b",), "a")}
    assert {c.size for c in cells if c.target == "b"} == {200, 80}  # labels of a, of b itself
    assert {c.train.selection for c in cells if c.train} == {"last"}
    assert len({c.key(FACTS) for c in cells}) == len(cells)


def test_a_cell_has_the_classes_of_its_pair_and_they_are_in_its_key() -> None:
    cell = next(c for c in enumerate_cells(study(), FACTS) if c.target == "b")
    assert cell.shared == (
        SharedClass("walking", ("walking slowly", "walking fast"), ("walking",)),
        SharedClass("resting", ("sitting",), ("lying", "sitting")),
    )
    fewer = study(labels=LABELS.replace('"lying", ', ""))
    changed = next(c for c in enumerate_cells(fewer, FACTS) if c.target == "b")
    assert cell.key(FACTS) != changed.key(FACTS)


def test_they_are_added_to_a_grid_and_change_no_cell_of_it() -> None:
    grid = 'sizes = [20]\nblocks = [0]\nsources = ["a", "random"]'
    alone = [c.key(FACTS) for c in enumerate_cells(study(grid, ""), FACTS)]
    both = study(f'{grid}\nalignments = ["adabn"]')
    cells = {c.key(FACTS): c for c in enumerate_cells(both, FACTS)}
    added = [cells[key] for key in cells if key not in alone]
    assert set(alone) < set(cells)
    assert [(c.sources, c.target, c.method) for c in added] == [(("a",), "b", "adabn")]


@pytest.mark.parametrize(
    ("grid", "labels", "message"),
    [
        (GRID, "", "s.toml: labels: alignments need classes"),
        ("sizes = [20]\nblocks = [0]", LABELS, "grid.alignments: shared classes are declared"),
        ("sizes = []\nblocks = []", "", "grid.sizes: nothing is asked for"),
        (GRID.replace("sizes = []", "sizes = [20]"), LABELS, "grid.blocks: nothing is asked for"),
        (GRID.replace("mmd", "mdd"), LABELS, "grid.alignments"),
        (GRID, LABELS.replace("\nb =", "\nd ="), "labels.walking: there is no domain 'd'"),
        (GRID, LABELS.replace('"sitting"', '"walking fast"'), "'walking fast' of 'a' is named tw"),
        (GRID, LABELS.replace('a = ["sitting"]', ""), "share 1 of the classes"),
        (GRID, LABELS + 'c = ["eating"]', "share 0 of the classes"),
        (GRID, LABELS.replace('["walking"]', '"walking"'), "labels.walking.b"),
        (GRID, LABELS + "[source]\nmin_updates = 700", "source.min_updates: alignments pair"),
    ],
)
def test_a_wrong_table_is_named(grid: str, labels: str, message: str) -> None:
    with pytest.raises(StudyFileError, match=message):
        study(grid, labels)


def test_a_class_that_a_domain_has_not_is_named_with_those_that_it_has() -> None:
    wrong = study(labels=LABELS.replace('["walking"]', '["walks"]'))
    with pytest.raises(StudyFileError, match="'b' has no class 'walks'") as caught:
        list(enumerate_cells(wrong, FACTS))
    assert caught.value.where == "labels.walking.b"
    assert "lying; running; sitting; walking" in caught.value.expected


CODED = {
    **FACTS,
    ("a", 0): DomainFacts("a", "digest of a", 200, FACTS["a", 0].classes, ("1", "2", "3")),
}


def test_codes_of_classes_mean_the_classes() -> None:
    by_code = study(
        labels=LABELS.replace('"walking slowly", "walking fast"', '"3", "walking fast"')
    )
    assert [c.key(CODED) for c in enumerate_cells(by_code, CODED)] == [
        c.key(FACTS) for c in enumerate_cells(study(), FACTS)
    ]


@pytest.mark.parametrize(
    ("found", "message", "todo"),
    [
        ('"3", "walking slowly"', "'walking slowly' is named twice, by code and by name", "names"),
        ('"4"', "'a' has no class '4'", "choose one"),
        ('"walking slow"', "no class 'walking slow'", "did you mean 'walking slowly'?"),
    ],
)
def test_a_class_that_no_code_or_name_means(found: str, message: str, todo: str) -> None:
    wrong = study(labels=LABELS.replace('"walking slowly", "walking fast"', found))
    with pytest.raises(StudyFileError, match=message) as caught:
        list(enumerate_cells(wrong, CODED))
    assert todo in caught.value.todo


STUDIES = [
    path
    for path in sorted((Path(__file__).parents[2] / "studies").rglob("*.toml"))
    if path.name != "pretrain.toml"  # the file of an encoder
]


@pytest.mark.parametrize("path", STUDIES, ids=lambda one: one.stem)
def test_study_files_name_classes_of_their_datasets(path: Path) -> None:
    found = parse_study(path.read_text("utf-8"), path.name)
    for name, reference in found.domains.items():
        if reference.endswith(".toml"):  # recordings that lie elsewhere
            continue
        spec, options = lookup(reference)
        table = spec.variants[options.variant]
        by_name(found.labels, name, [row.name for row in table], [row.code for row in table])
