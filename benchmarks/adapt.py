"""Does `crosswear adapt` choose well? Four wrist datasets, adaptation sets of the wrist study.

Each adaptation set is drawn as in the study; `choose` sees it alone, with the other three datasets
as sources, and what it picks is tested on the test subset, beside the forest, MiniRocket and the
network from scratch on the same windows. Source networks and scratch scores are a finished study's.

    python benchmarks/adapt.py RUNS/wrist --data FOLDER --cache FOLDER [--budget 25] [--part 0/2]
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from crosswear.adaptation.choose import choose
from crosswear.adaptation.learners import TrainingData
from crosswear.baselines import BUNDLED
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.intervals import percent, points
from crosswear.core.keys import seed_for
from crosswear.core.markdown import table
from crosswear.core.recording import Subset
from crosswear.datasets.domain import Domain
from crosswear.engine.cohort import CohortTrainer
from crosswear.engine.subsets import adaptation_set, count
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell
from crosswear.grid.methods import Role
from crosswear.grid.result import CellResult
from crosswear.grid.store import Store
from crosswear.networks.checkpoint import Checkpoint, load_checkpoint
from crosswear.networks.threads import one_thread
from crosswear.signal.folds import group_windows
from crosswear.study.load import LoadedStudy, load_study
from crosswear.study.precision import kept_precision
from crosswear.study.read import read_study

SIZES = (20, 50, 100, 200, 500)
SEEDS = 3


def main() -> None:
    """Print one JSON line a choice; `--table FILE...` prints the table of such lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, nargs="?")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--budget", type=float, default=25.0)
    parser.add_argument("--part", default="0/1", help="k/n: every n-th choice, from the k-th.")
    parser.add_argument("--table", type=Path, nargs="+")
    arguments = parser.parse_args()
    if arguments.table:
        lines = [line for path in arguments.table for line in path.read_text("utf-8").splitlines()]
        print(summary([json.loads(line) for line in lines]))
        return
    study, text = read_study(arguments.study / "study.toml")
    store = Store(arguments.study)
    opened = load_study(study, text, arguments.data, arguments.cache, lambda sentence: None)
    opened = kept_precision(opened, store)
    part, parts = map(int, arguments.part.split("/"))
    cells = [cell for cell in opened.cells.values() if wanted(cell)]
    cells.sort(key=lambda cell: (cell.seed, cell.size, cell.target))
    for cell in cells[part::parts]:
        print(json.dumps(one(cell, opened, store, arguments.budget)), flush=True)


def wanted(cell: Cell) -> bool:
    """The scratch cells name the adaptation sets."""
    scratch = cell.role is Role.NETWORK and not cell.sources
    return scratch and cell.size in SIZES and cell.seed < SEEDS


def one(cell: Cell, opened: LoadedStudy, store: Store, budget_s: float) -> dict[str, Any]:
    """Choose on one adaptation set; test the chosen method and the others."""
    (domain,) = opened.targets(cell)
    rows = np.sort(adaptation_set(cell, domain))
    windows = domain.windows.rows(rows)
    rate_hz = opened.study.preparation.rate_hz
    grouping = group_windows(windows)
    sources = sources_of(cell, opened, store)
    kept = grouping.kept
    start = time.perf_counter()
    data = TrainingData(
        windows.x[kept],
        windows.y[kept],
        grouping.groups[kept],
        classes=len(domain.classes),
        rate_hz=rate_hz,
        seed=cell.seed,
        others=others_of(cell, opened),
    )
    chosen = choose(data, sources, budget_s)
    seconds = time.perf_counter() - start
    test = domain.indices(Subset.TEST)
    x = np.array(domain.windows.x[test])

    def right(scores: np.ndarray) -> list[int]:
        return right_by_group(CellResult(len(domain.classes), count(domain, scores.argmax(axis=1))))

    everything = {
        "chosen": right(chosen.classifier(domain.samples).scores(x)),
        "scratch": right_by_group(scratch(cell, opened, store)),
    }
    for kind in ("forest", "minirocket"):
        seed = seed_for(cell.seed, kind)  # as `choose` does: what differs is the choice alone
        fitted = BUNDLED[kind].fit(windows.x, windows.y, len(domain.classes), rate_hz, seed)
        everything[kind] = right(fitted.scores(x))
    return {
        "target": cell.target,
        "size": cell.size,
        "seed": cell.seed,
        "seconds": round(seconds, 1),
        "kind": chosen.learner.kind,
        "name": chosen.learner.name,
        "expected": [chosen.expected.value, chosen.expected.low, chosen.expected.high],
        "networks": sum(s.folds > 0 for s in chosen.standings if s.kind == "network"),
        "right": everything,
        "windows": windows_by_group(domain),
    }


def right_by_group(result: CellResult) -> list[int]:
    """Windows of each group of the test subset that are classified right."""
    matrices = result.by_group()
    kept = matrices.sum(axis=(1, 2)) > 0
    return [int(one) for one in np.trace(matrices[kept], axis1=1, axis2=2)]


def windows_by_group(domain: Domain) -> list[int]:
    """Windows of each group of the test subset."""
    nothing = np.zeros(len(domain.indices(Subset.TEST)), np.int64)
    matrices = CellResult(len(domain.classes), count(domain, nothing)).by_group()
    return [int(one) for one in matrices.sum(axis=(1, 2)) if one]


def scratch(cell: Cell, opened: LoadedStudy, store: Store) -> CellResult:
    """The study's network from scratch on the same windows; trained where its record lacks."""
    key = cell.key(opened.facts)
    if store.done([key]):
        return store.read(key).result
    trainer = CohortTrainer("cpu")
    with one_thread():
        return trainer((Task(cell, key, opened.targets(cell)[0].folder),))[0].result


def sources_of(cell: Cell, opened: LoadedStudy, store: Store) -> dict[str, Checkpoint]:
    """The study's source networks of all domains but the target."""
    networks = {}
    for source in opened.study.domains:
        if source != cell.target:
            from_source = replace(cell, sources=(source,), source_train=opened.study.source)
            key = from_source.source_cell(opened.facts).key(opened.facts)
            networks[source] = load_checkpoint(store.checkpoint(key))
    return networks


def others_of(cell: Cell, opened: LoadedStudy) -> list[LabelledWindows]:
    """Train windows of all domains but the target."""
    found = []
    for name in opened.study.others(cell.target):
        domain = opened.domains[name, cell.split]
        found.append(LabelledWindows.of(domain.windows, domain.indices(Subset.TRAIN)))
    return found


def summary(results: list[dict[str, Any]]) -> str:
    """Markdown: scores of the chosen method and the others, mean over the repetitions."""
    columns = ("target", "n", "chosen", "scratch", "forest", "MiniRocket", "to the best", "picked")
    rows = []
    regrets, covered = [], []
    for target in sorted({one["target"] for one in results}):
        for size in SIZES:
            cells = [one for one in results if (one["target"], one["size"]) == (target, size)]
            if not cells:
                continue
            total = sum(cells[0]["windows"])
            right = {
                name: np.mean([one["right"][name] for one in cells], axis=0)
                for name in ("chosen", "scratch", "forest", "minirocket")
            }
            best = max(list(right)[1:], key=lambda name: right[name].sum())
            gain = float((right["chosen"] - right[best]).sum() / total)
            regrets.append(gain)
            for one in cells:
                _, low, high = one["expected"]
                covered.append(low <= sum(one["right"]["chosen"]) / total <= high)
            scores = [percent(right[name].sum() / total) for name in right]
            picked = Counter(one["kind"] for one in cells)
            names = ", ".join(f"{name} {count}" for name, count in picked.most_common())
            rows.append((target, str(size), *scores, points(gain), names))
    lines = [
        table(columns, rows, 1),
        "",
        f"Mean difference to the best of the three: {100 * np.mean(regrets):+.2f} points; "
        f"worst {100 * min(regrets):+.1f}.",
        f"The true score lies in the stated interval in {sum(covered)} of {len(covered)} choices "
        f"({np.mean(covered):.0%}; nominal 95 %).",
        f"Seconds of a choice: median {np.median([one['seconds'] for one in results]):.0f}, "
        f"longest {max(one['seconds'] for one in results):.0f}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
