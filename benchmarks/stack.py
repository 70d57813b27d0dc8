"""Gain of the stack over the vote, and of each of its ingredients.

For draws of labelled windows of the five targets of studies/wrist-splits.toml: the members of the
stack, the whitened vote, the plain vote of all members and the stack, tested on the same windows.

    python benchmarks/stack.py --data FOLDER --cache FOLDER --splits 2 3 >> draws.jsonl
    python benchmarks/stack.py --table draws.jsonl

At most `TESTED` test windows of each split are drawn. Draws that are in `--done FILE` are left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from crosswear.baselines.members import classical_members
from crosswear.baselines.stack import Combination, combine, out_of_fold
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.intervals import percent, points
from crosswear.core.keys import seed_for
from crosswear.core.markdown import table
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain, prepare_splits
from crosswear.engine.subsets import adaptation_set, weight_seed
from crosswear.evidence.inference import mean_over
from crosswear.grid.experiment import Cell, StudyDesign
from crosswear.networks.threads import one_thread
from crosswear.signal.folds import group_windows, split_into_folds
from crosswear.study.load import read_study

SIZES = (20, 50, 100, 500)
TESTED = 1000
MEMBERS = ("trees", "MiniRocket", "kernel")
Numbers = dict[str, float]
Place = tuple[str, int]
"""Target and number of windows."""


def main() -> None:
    """Print one JSON line a draw; `--table FILE` prints the table of such lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=Path("studies/wrist-splits.toml"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--splits", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--done", type=Path)
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()
    if arguments.table:
        print(summary(read_lines(arguments.table)))
        return
    study, _ = read_study(arguments.study)
    domains = {
        name: prepare_splits(
            reference, arguments.data, study.preparation, arguments.cache, arguments.splits
        )
        for name, reference in study.domains.items()
    }
    done = {place_of(line) for line in read_lines(arguments.done)} if arguments.done else set()
    order = itertools.product(
        range(arguments.seeds), arguments.sizes, arguments.splits, study.domains
    )
    for seed, size, split, target in order:
        cell = Cell("stack", target, study.seed, size, seed, split, sources=study.others(target))
        if (target, size, split, seed) not in done:
            of_split = {name: some[split] for name, some in domains.items()}
            with one_thread():
                print(json.dumps(draw(study, cell, of_split)), flush=True)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the draws of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def place_of(line: Mapping[str, Any]) -> tuple[str, int, int, int]:
    """Return what identifies a draw."""
    return line["target"], line["size"], line["split"], line["seed"]


def draw(study: StudyDesign, cell: Cell, domains: Mapping[str, Domain]) -> dict[str, Any]:
    """Score all methods on one draw."""
    domain, rate_hz = domains[cell.target], study.preparation.rate_hz
    windows = domain.windows.some(adaptation_set(cell, domain))
    sources = [
        LabelledWindows.of(domains[name].windows, domains[name].indices(Subset.TRAIN)).draw(
            seed_for(study.seed, "whitening", name, cell.split)
        )
        for name in cell.sources
    ]
    tested = domain.indices(Subset.TEST)
    rng = np.random.default_rng(seed_for(study.seed, "tested", cell.target, cell.split))
    tested = np.sort(rng.permutation(tested)[:TESTED])
    x, y = np.array(domain.windows.x[tested]), domain.windows.y[tested]
    known = (len(domain.classes), rate_hz, weight_seed(cell), sources)
    members = classical_members(LabelledWindows.of(windows), *known)
    grouping = group_windows(windows)
    rows = np.flatnonzero(grouping.kept)
    folds = [
        fold.of(rows)
        for fold in split_into_folds(windows.y[rows], grouping.groups[rows], weight_seed(cell))
    ]
    answers = [one.fit().scores(x) for one in members]
    plain = Combination.plain
    stacks = {"plain": plain(len(members)), "stack": plain(len(members)), "of two": plain(2)}
    if folds:
        held = np.concatenate([fold.test for fold in folds])
        said = [out_of_fold(one, folds) for one in members]
        people = len(np.unique(grouping.groups[held]))
        stacks["stack"] = combine(said, windows.y[held], people)
        stacks["of two"] = combine(said[:2], windows.y[held], people)
    found = {
        **dict(zip(MEMBERS, answers, strict=True)),
        "vote": plain(2)(answers[:2]),
        "stack of two": stacks.pop("of two")(answers[:2]),
        **{name: one(answers) for name, one in stacks.items()},
    }
    return {
        "target": cell.target,
        "size": cell.size,
        "split": cell.split,
        "seed": cell.seed,
        "weights": stacks["stack"].weights.round(3).tolist(),
        "temperatures": stacks["stack"].temperatures.round(3).tolist(),
        "scores": {name: float((one.argmax(axis=1) == y).mean()) for name, one in found.items()},
    }


def summary(lines: list[dict[str, Any]]) -> str:
    """Return the table of scores by target and size, and the mean gains over the targets."""
    means = dict(_means(lines))
    headings = ("target", "windows", *MEMBERS, "vote", "stack of two", "plain vote", "stack")
    columns = (*MEMBERS, "vote", "stack of two", "plain", "stack")
    rows = []
    for (target, size), scores in means.items():
        best = max(scores[name] for name in MEMBERS)
        gains = [points(scores["stack"] - one) for one in (scores["vote"], best)]
        rows.append((target, f"{size}", *(percent(scores[name]) for name in columns), *gains))
    found = [table((*headings, "over vote", "over best member"), rows, 1), ""]
    targets = dict.fromkeys(target for target, _ in means)
    for name in ("stack of two", "plain", "stack"):
        gains_of = [
            float(np.mean([s[name] - s["vote"] for (at, _), s in means.items() if at == target]))
            for target in targets
        ]
        found.append(f"{name} less the vote: {mean_over(gains_of).points()}")
    return "\n".join(found)


def _means(lines: list[dict[str, Any]]) -> Iterator[tuple[Place, Numbers]]:
    targets = dict.fromkeys(line["target"] for line in lines)
    for target, size in itertools.product(targets, sorted({line["size"] for line in lines})):
        some = [one["scores"] for one in lines if (one["target"], one["size"]) == (target, size)]
        if some:
            yield (target, size), {k: float(np.mean([one[k] for one in some])) for k in some[0]}


if __name__ == "__main__":
    main()
