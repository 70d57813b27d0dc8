"""Study files and the cells they ask for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pytest

from crosswear.core.config import ModelConfig, TrainConfig
from crosswear.core.errors import StudyFileError
from crosswear.grid.experiment import UNTRAINED, Cell, enumerate_cells, resolve_sizes
from crosswear.grid.facts import DomainFacts
from crosswear.grid.study_file import parse_study

TEXT = """
name = "demo"
[domains]
a = "dsads"
b = "wharf"
c = "dsads:placement=torso"
[grid]
sizes = [20, "50%", "100%"]
blocks = [0, 1, 5]
seeds = 2
"""
FACTS = {
    (name, split): DomainFacts(name, f"digest of {name}, split {split}", windows)
    for name, windows in (("a", 200), ("b", 80), ("c", 300))
    for split in range(2)
}


def test_sizes_are_windows_or_shares_of_the_smallest_domain() -> None:
    assert resolve_sizes(parse_study(TEXT, "s.toml"), FACTS) == (20, 40, 80)


def test_the_grid_is_whole_and_each_cell_is_there_once() -> None:
    study = parse_study(TEXT, "s.toml")
    cells = list(enumerate_cells(study, FACTS))
    transfers = [cell for cell in cells if cell.sources]
    assert len(transfers) == 6 * 3 * 3 * 2  # pairs × sizes × blocks × seeds
    assert len([c for c in cells if c.method == "network" and not c.sources]) == 3 * 3 * 2
    assert len([cell for cell in cells if cell.method == "forest"]) == 3 * 3 * 2
    assert [cell.target for cell in cells if cell.method == "source"] == ["a", "b", "c"]
    assert [cell.target for cell in cells if cell.method == "majority"] == ["a", "b", "c"]
    keys = [cell.key(FACTS) for cell in cells]
    assert len(set(keys)) == len(keys)


def test_a_transfer_knows_the_source_cell_of_the_grid() -> None:
    cells = list(enumerate_cells(parse_study(TEXT, "s.toml"), FACTS))
    keys = {cell.key(FACTS) for cell in cells}
    assert all(c.source_cell(FACTS).key(FACTS) in keys for c in cells if c.sources)


def test_keys_depend_on_what_matters_and_on_nothing_else() -> None:
    cell = Cell("network", "a", 1, 20, sources=("b",), model=ModelConfig(), train=TrainConfig())
    key = cell.key(FACTS)
    assert key == replace(cell).key(dict(reversed(FACTS.items())))
    assert key != replace(cell, seed=1).key(FACTS)
    assert key != replace(cell, train=TrainConfig(epochs=3)).key(FACTS)
    other_source = {**FACTS, ("b", 0): DomainFacts("b", "another", 80)}
    assert key != cell.key(other_source)
    unread = {**FACTS, ("c", 0): DomainFacts("c", "another", 300), ("b", 1): FACTS["a", 0]}
    assert key == cell.key(unread)


def test_a_setting_that_is_added_with_the_old_meaning_as_default_keeps_the_keys() -> None:
    """Fields with their default have no part in a key, whether they were there or not."""

    @dataclass(frozen=True)
    class TrainConfigOfTomorrow(TrainConfig):
        warm_up: int = 0

    cell = Cell("network", "a", 1, 20, model=ModelConfig(), train=TrainConfig(epochs=3))
    same = replace(cell, train=TrainConfigOfTomorrow(epochs=3))
    other = replace(cell, train=TrainConfigOfTomorrow(epochs=3, warm_up=5))
    assert same.key(FACTS) == cell.key(FACTS)
    assert other.key(FACTS) != cell.key(FACTS)


def test_two_splits_are_the_study_twice_with_other_domains() -> None:
    once = list(enumerate_cells(parse_study(TEXT, "s.toml"), FACTS))
    text = TEXT.replace("seeds = 2", "seeds = 2\nsplits = 2")
    twice = list(enumerate_cells(parse_study(text, "s.toml"), FACTS))
    assert twice[: len(once)] == once
    assert twice[len(once) :] == [replace(cell, split=1) for cell in once]
    keys = {cell.key(FACTS) for cell in twice}
    assert len(keys) == len(twice)
    (first,) = {s.source_cell(FACTS) for s in once if s.sources == ("b",)}
    assert first in once


def test_the_untrained_source_and_the_baselines_are_asked_for() -> None:
    asked = """seeds = 2
sources = ["a", "random"]
baselines = ["forest", "minirocket", "logistic"]
"""
    cells = list(enumerate_cells(parse_study(TEXT.replace("seeds = 2\n", asked), "s.toml"), FACTS))
    draws = 3 * 3 * 2  # targets × sizes × seeds
    pairs = {"a": 2 * 3 * 2, UNTRAINED: draws}
    count = Counter((cell.method, cell.sources) for cell in cells)
    assert count == {
        ("source", ()): 1,
        ("network", ()): draws,
        ("forest", ()): draws,
        ("minirocket", ()): draws,
        **{("logistic", (source,)): some for source, some in pairs.items()},
        **{("network", (source,)): some * 3 for source, some in pairs.items()},
    }
    untrained = [cell for cell in cells if cell.sources == (UNTRAINED,)]
    assert all(cell.source_train is None for cell in untrained)
    assert len({cell.key(FACTS) for cell in cells}) == len(cells)


def test_whitening_asks_for_some_baselines_once_more() -> None:
    asked = """seeds = 2
baselines = ["forest", "extra-trees", "minirocket", "vote"]
whitening = true
"""
    cells = list(enumerate_cells(parse_study(TEXT.replace("seeds = 2\n", asked), "s.toml"), FACTS))
    whitened = [cell for cell in cells if cell.sources and cell.method != "network"]
    draws = 3 * 2  # sizes × seeds
    assert Counter((cell.method, cell.target, cell.sources) for cell in whitened) == {
        (method, target, others): draws
        for method in ("minirocket", "vote")
        for target, others in (("a", ("b", "c")), ("b", ("a", "c")), ("c", ("a", "b")))
    }
    assert len({cell.key(FACTS) for cell in cells}) == len(cells)


def test_without_networks_baselines_are_compared_alone_with_the_same_cells() -> None:
    baselines = 'baselines = ["majority", "vote", "hydra-multirocket"]\nwhitening = true\n'
    text = TEXT.replace("[0, 1, 5]", "[]") + "networks = false\n" + baselines
    alone = {cell.key(FACTS): cell for cell in enumerate_cells(parse_study(text, "s"), FACTS)}
    assert {cell.method for cell in alone.values()} == {"majority", "vote", "hydra-multirocket"}
    assert len(alone) == 3 + 3 * 3 * 3 * 2
    beside = {
        cell.key(FACTS) for cell in enumerate_cells(parse_study(TEXT + baselines, "s"), FACTS)
    }
    assert alone.keys() < beside


def test_a_baseline_named_twice_is_compared_once() -> None:
    once = TEXT + 'baselines = ["majority", "forest"]\n'
    twice = once.replace('["majority"', '["forest", "majority", "majority"')
    keys = [
        sorted(cell.key(FACTS) for cell in enumerate_cells(parse_study(text, "s"), FACTS))
        for text in (once, twice)
    ]
    assert keys[0] == keys[1]


def test_cells_are_told_in_one_readable_line() -> None:
    network = Cell("network", "a", 1, 20)
    joint = replace(network, sources=("b", "c"))
    assert {
        network.describe(),
        replace(joint, blocks=3).describe(),
        replace(network, method="forest").describe(),
        replace(joint, method="logistic").describe(),
        replace(joint, method="vote", seed=2, split=1).describe(),
    } == {
        "a from scratch, 20 windows, seed 0",
        "a from b+c, 3 blocks, 20 windows, seed 0",
        "a with forest, 20 windows, seed 0",
        "a with logistic on b+c, 20 windows, seed 0",
        "a with vote whitened by b+c, 20 windows, seed 2, split 1",
    }


def test_the_key_of_a_cell_is_stable() -> None:
    """If this fails, records of earlier versions are not found any more: raise CELL_SCHEMA."""
    cell = Cell("network", "a", 1, 20, model=ModelConfig(), train=TrainConfig())
    assert cell.key(FACTS).startswith("6b8c579137223f62")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (TEXT + "sead = 3\n", "grid.sead: unknown key"),
        (TEXT.replace("seeds = 2", 'seeds = "2"'), 'grid.seeds: found "2"'),
        (TEXT.replace('"50%"', '"half"'), 'grid.sizes.1: found "half"'),
        (TEXT.replace('"50%"', "1"), "grid.sizes.1: found 1"),
        (TEXT.replace("[0, 1, 5]", "[0, 6]"), "grid.blocks: 6 blocks"),
        (TEXT.replace("[0, 1, 5]", "[]"), "grid.blocks"),
        (TEXT + "networks = false\n", "grid.blocks: 0, 1, 5 without networks"),
        (
            TEXT.replace("[0, 1, 5]", "[]") + 'networks = false\nbaselines = ["logistic"]\n',
            "grid.baselines: logistic without networks",
        ),
        (
            TEXT.replace("[0, 1, 5]", "[]") + 'networks = false\nbaselines = ["majority"]\n',
            "grid.baselines: nothing is asked for",
        ),
        (TEXT.replace("seeds = 2", 'sources = ["d"]'), "grid.sources: there is no domain 'd'"),
        (TEXT.replace('c = "d', 'random = "d'), "domains.random: no domain can be called"),
        (TEXT.replace("seeds = 2", 'baselines = ["svm"]'), 'grid.baselines.0: found "svm"'),
        (TEXT.replace("[grid]", "[gird]"), "gird: unknown key"),
        (TEXT.replace('name = "demo"', ""), "name: missing key"),
        (TEXT.replace('"demo"', '"../demo"'), "name: found"),
        (TEXT + "[model]\nfilters = [4, 4]\n", "model.filters"),
        (TEXT + "[adaptation]\nepochs = 0\n", "adaptation.epochs: found 0"),
        (TEXT + "[adaptation]\nlearning_rate = nan\n", "adaptation.learning_rate"),
        (TEXT + '[transfer]\nstrategy = "thaw"\n', 'transfer.strategy: found "thaw"'),
        (
            TEXT + '[transfer]\nstrategy = "copy"\nfreeze_spectral = true\n',
            "transfer.freeze_spectral",
        ),
        ('name = "demo"\nname = "demo"', "not valid TOML"),
        (TEXT.replace('b = "wharf"', "").replace('c = "dsads:placement=torso"', ""), "domains"),
    ],
)
def test_wrong_study_files_are_told_by_key(text: str, where: str) -> None:
    with pytest.raises(StudyFileError) as caught:
        parse_study(text, "s.toml")
    assert str(caught.value).startswith("s.toml")
    assert where in str(caught.value)


@pytest.mark.parametrize("size", ["81", '"1%"'])
def test_sizes_must_fit_the_smallest_train_subset(size: str) -> None:
    study = parse_study(TEXT.replace("[20,", f"[{size},"), "s.toml")
    with pytest.raises(StudyFileError, match=r"grid.sizes.*'b' has 80"):
        resolve_sizes(study, FACTS)
