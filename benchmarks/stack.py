"""Gain of the stack over the vote, and of each of its ingredients.

For draws of labelled windows of the five targets of studies/wrist-splits.toml: the members of the
stack, the whitened vote, the plain vote of all members and the stack, tested on the same windows.

    python benchmarks/stack.py --data FOLDER --cache FOLDER --splits 2 3 >> draws.jsonl
    python benchmarks/stack.py --table draws.jsonl

With `--encoder FOLDER`, in which {target} stands for the name of each target, the regression on the
features of an encoder is a guest in the stack.

At most `TESTED` test windows of each split are drawn. Draws that are in `--done FILE` are left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.members import classical_members
from crosswear.baselines.regression import LogisticMember
from crosswear.baselines.stack import ALIKE, Combination, combine, out_of_fold, weights_of
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.intervals import percent, points
from crosswear.core.keys import seed_for
from crosswear.core.markdown import table
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare_splits
from crosswear.encoders import Encoder, load_encoder
from crosswear.engine.learned_datasets import learned_from
from crosswear.engine.subsets import adaptation_set, weight_seed
from crosswear.evidence.inference import mean_over
from crosswear.grid.experiment import Cell, StudyDesign
from crosswear.networks.threads import one_thread
from crosswear.signal.folds import group_windows, split_into_folds
from crosswear.study.open_encoders import TARGET
from crosswear.study.read import read_study

SIZES = (20, 50, 100, 500)
TESTED = 1000
MEMBERS = ("trees", "MiniRocket", "kernel")
WAYS = (
    "plain",
    "stack",
    "stack of two",
    "no prior",
    "no temperature",
    "micro-F1",
    "best member",
)
"""Ways to combine members: alike, the stack, it without the kernel, without what draws its weights
to the plain vote or corrects its members; weights by micro-F1; the best member in the folds."""
ENCODER = "encoder"
WITH_ENCODER = ("plain, encoder", "stack, encoder", "no test")
"""With the encoder: all alike; the stack with it as a guest, and as a member like the others."""
Floats = NDArray[np.float64]
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
    parser.add_argument("--encoder", help="folder of each target's encoder")
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
    encoders = {
        target: load_encoder(arguments.encoder.replace(TARGET, target))
        for target in (study.domains if arguments.encoder else ())
    }
    for target, encoder in encoders.items():
        if learned_from(encoder, study.domains[target]):
            parser.error(f"{encoder.folder} has learned from {target}")
    order = itertools.product(
        range(arguments.seeds), arguments.sizes, arguments.splits, study.domains
    )
    for seed, size, split, target in order:
        cell = Cell("stack", target, study.seed, size, seed, split, sources=study.others(target))
        if (target, size, split, seed) not in done:
            of_split = {name: some[split] for name, some in domains.items()}
            with one_thread():
                drawn = draw(study, cell, of_split, encoders.get(target))
            print(json.dumps(drawn), flush=True)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the draws of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def place_of(line: Mapping[str, Any]) -> tuple[str, int, int, int]:
    """Return what identifies a draw."""
    return line["target"], line["size"], line["split"], line["seed"]


def draw(
    study: StudyDesign, cell: Cell, domains: Mapping[str, Domain], encoder: Encoder | None
) -> dict[str, Any]:
    """Score all methods on one draw."""
    domain, rate_hz = domains[cell.target], study.preparation.rate_hz
    windows = domain.windows.rows(adaptation_set(cell, domain))
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
    members = [*classical_members(LabelledWindows.of(windows), *known)]
    inputs = [x] * len(members)
    if encoder:
        features = encoder.features(windows.x, rate_hz)
        members.append(LogisticMember(features, windows.y, len(domain.classes)))
        inputs.append(encoder.features(x, rate_hz))
    grouping = group_windows(windows)
    rows = np.flatnonzero(grouping.kept)
    folds = [
        fold.of(rows)
        for fold in split_into_folds(windows.y[rows], grouping.groups[rows], weight_seed(cell))
    ]
    answers = [one.fit().scores(given) for one, given in zip(members, inputs, strict=True)]
    said = [out_of_fold(one, folds) for one in members] if folds else []
    held = np.concatenate([fold.test for fold in folds]) if folds else np.zeros(0, np.int64)
    people = len(np.unique(grouping.groups[held]))
    ways = combinations(said, windows.y[held], people)
    if encoder:
        ways |= with_encoder(said, windows.y[held], people)
    found = {
        **dict(zip((*MEMBERS, ENCODER), answers, strict=False)),
        "vote": Combination.plain(2)(answers[:2]),
        **{name: one(answers[: len(one.weights)]) for name, one in ways.items()},
    }
    return {
        "target": cell.target,
        "size": cell.size,
        "split": cell.split,
        "seed": cell.seed,
        "weights": {name: one.weights.round(3).tolist() for name, one in ways.items()},
        "scores": {name: float((one.argmax(axis=1) == y).mean()) for name, one in found.items()},
    }


def combinations(
    said: Sequence[Floats], y: NDArray[np.integer], people: int
) -> dict[str, Combination]:
    """Return the ways to combine all members, or the first two, by what they say in folds [n, C].

    Without folds, each is the plain vote. What is said behind the members is an encoder's.
    """
    plain = Combination.plain(len(MEMBERS))
    if not said:
        return {**dict.fromkeys(WAYS, plain), "stack of two": Combination.plain(2)}
    said = said[: len(MEMBERS)]
    own = np.array([one[np.arange(len(y)), y] for one in said])
    right = np.array([one.argmax(axis=1) == y for one in said]).mean(axis=1)
    calibrated = combine(said, y, people)
    weights = {
        "no prior": weights_of(own, 0),
        "no temperature": weights_of(own, ALIKE * len(y) / people),
        "micro-F1": _by_micro_f1(np.array(said), y),
        "best member": np.where(right == right.max(), 1 / np.sum(right == right.max()), 0),
    }
    return {
        "plain": plain,
        "stack": calibrated,
        "stack of two": combine(said[:2], y, people),
        **{name: Combination(plain.temperatures, one) for name, one in weights.items()},
    }


def with_encoder(
    said: Sequence[Floats], y: NDArray[np.integer], people: int
) -> dict[str, Combination]:
    """Return the ways to combine the members and, behind them, the regression on an encoder.

    Without folds, its guest weighs nothing.
    """
    plain = Combination.plain(len(MEMBERS) + 1)
    if not said:
        alone = Combination.plain(len(MEMBERS), 1)
        return dict(zip(WITH_ENCODER, (plain, alone, plain), strict=True))
    stacks = (combine(said, y, people, guests) for guests in (1, 0))
    return dict(zip(WITH_ENCODER, (plain, *stacks), strict=True))


def _by_micro_f1(said: Floats, y: NDArray[np.integer]) -> Floats:
    """Return the weights in tenths with the best score, the most equal ones of several."""
    tenths = itertools.product(range(11), repeat=len(said))
    grid = np.array([one for one in tenths if sum(one) == 10]) / 10
    grid = grid[np.argsort(np.square(grid - 1 / len(said)).sum(axis=1), kind="stable")]
    scores = [float((np.tensordot(one, said, 1).argmax(axis=1) == y).mean()) for one in grid]
    best: Floats = grid[int(np.argmax(scores))]
    return best


def summary(lines: list[dict[str, Any]]) -> str:
    """Return the table of scores by target and size, and the mean gains over the targets."""
    means = dict(_means(lines))
    known = next(iter(means.values()))
    members = [name for name in (*MEMBERS, ENCODER) if name in known]
    stack = WITH_ENCODER[1] if ENCODER in known else "stack"
    columns = [*members, "vote", "plain", *dict.fromkeys(("stack", stack))]
    rows = []
    for (target, size), scores in means.items():
        best = max(scores[name] for name in members)
        gains = [points(scores[stack] - one) for one in (scores["vote"], best)]
        rows.append((target, f"{size}", *(percent(scores[name]) for name in columns), *gains))
    headings = ("target", "windows", *columns, "over vote", "over best member")
    found = [table(headings, rows, 1), ""]
    everything = (*MEMBERS, ENCODER, *WAYS, *WITH_ENCODER)
    gains = [(way, *_gains(means, way)) for way in everything if way in known]
    sizes = dict.fromkeys(size for _, size in means)
    found.append(table(("less the vote", "all", *map(str, sizes)), gains, 1))
    return "\n".join(found)


def _gains(means: Mapping[Place, Numbers], way: str) -> Iterator[str]:
    """Return the mean gain over the vote, over all targets, and at each size."""
    gains = {place: scores[way] - scores["vote"] for place, scores in means.items()}
    targets = dict.fromkeys(target for target, _ in gains)
    of_targets = [
        float(np.mean([gain for (at, _), gain in gains.items() if at == target]))
        for target in targets
    ]
    over_all = mean_over(of_targets)
    yield "–" if over_all.value is None else points(over_all.value)
    for size in dict.fromkeys(size for _, size in gains):
        yield points(float(np.mean([gain for (_, at), gain in gains.items() if at == size])))


def _means(lines: list[dict[str, Any]]) -> Iterator[tuple[Place, Numbers]]:
    targets = dict.fromkeys(line["target"] for line in lines)
    for target, size in itertools.product(targets, sorted({line["size"] for line in lines})):
        some = [one["scores"] for one in lines if (one["target"], one["size"]) == (target, size)]
        if some:
            yield (target, size), {k: float(np.mean([one[k] for one in some])) for k in some[0]}


if __name__ == "__main__":
    main()
