"""Does the true score lie in the stated interval? Public datasets as a few people's recordings.

A draw takes 4 to 10 people (at most half of a dataset's) and one to five minutes of each: a
stretch of every activity, in proportion to how long the person does it, of as many activities,
drawn too, as get ten seconds on average; whole recordings where each holds several activities.
`crosswear.adapt` (all classical candidates, no sources) and `ActivityClassifier.fit` (a forest,
with groups) see these stretches alone. The true score is that on all other people in these
activities.

    python benchmarks/promises.py --data FOLDER --cache FOLDER --out promises.jsonl [DATASET ...]
    python benchmarks/promises.py --table promises.jsonl

Draws that are in the file already are not made again.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import tempfile
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.estimator import ActivityClassifier
from crosswear.adaptation.from_recordings import AdaptationSettings, adapt
from crosswear.core.config import PreparationConfig
from crosswear.core.keys import seed_for
from crosswear.core.markdown import table
from crosswear.core.recording import Recording
from crosswear.datasets import lookup
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.datasets.roots import locate
from crosswear.deploy.bundle import load_bundle
from crosswear.signal.metrics import confusion, micro_f1

DATASETS = ("selfback", "dsads", "wisdm_watch/dataset.toml", "sp_sw_har")
PEOPLE = (4, 10)
MINUTES = (1, 5)
ACTIVITY_S = 10.0
SHORTEST_S = 8.0
TESTED = 2000
"""Most windows of other people; of more, every k-th."""
PREPARATION = PreparationConfig(min_subjects=1)


@dataclass(frozen=True)
class Draw:
    """People, activities and time of one adaptation."""

    people: tuple[str, ...]
    classes: tuple[int, ...]
    minutes: int


def main() -> None:
    """Print and append one JSON line a draw and way; `--table` prints the table of such lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", default=DATASETS)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--draws", type=int, default=30)
    parser.add_argument("--seed", type=int, default=2019)
    parser.add_argument("--budget", type=float, default=600.0, help="Seconds.")
    parser.add_argument("--ways", nargs="+", default=("fit", "adapt"))
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()
    if arguments.table:
        lines = arguments.table.read_text("utf-8").splitlines()
        print(summary([json.loads(line) for line in lines]))
        return
    done = arguments.out.read_text("utf-8") if arguments.out.exists() else ""
    known = {(one["dataset"], one["draw"]) for one in map(json.loads, done.splitlines())}
    for number in range(arguments.draws):
        for name in arguments.datasets:
            if (name.split("/")[0], number) in known:
                continue
            inside = arguments.data / name
            reference = str(inside) if inside.suffix == ".toml" else name
            found = promises(reference, number, arguments)
            lines = [
                json.dumps({"dataset": name.split("/")[0], "draw": number, **one}) for one in found
            ]
            print("\n".join(lines), flush=True)
            with arguments.out.open("a", encoding="utf-8") as out:
                out.write("".join(f"{line}\n" for line in lines))


def promises(reference: str, number: int, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Return what is promised on one draw of a dataset, and what is true, for both ways."""
    domain = prepare(reference, arguments.data, PREPARATION, arguments.cache)
    recordings = read(reference, arguments.data)
    seed = seed_for(arguments.seed, reference.removeprefix(str(arguments.data)), number)
    rng = np.random.default_rng(seed)
    draw = draw_from(domain, rng)
    asked = np.isin(domain.windows.y, draw.classes)
    mine = np.isin(np.array(domain.summary.subjects)[domain.windows.subject], draw.people)
    rows = np.flatnonzero(asked & ~mine)
    rows = rows[:: math.ceil(len(rows) / TESTED)]
    x, truth = np.array(domain.windows.x[rows]), domain.windows.y[rows]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own"
        write_own(own, domain, recordings, draw, rng)
        for way in arguments.ways:
            start = time.perf_counter()
            if way == "adapt":
                kind, expected, names = adapted(own, x, arguments)
            else:
                kind, expected, names = fitted(own, x, arguments)
            answers = np.array([domain.classes.index(name) for name in names.tolist()])
            true = micro_f1(confusion(np.asarray(truth, np.int64), answers, len(domain.classes)))
            found.append(
                {
                    **{"way": way, "kind": kind, **asdict(draw)},
                    **{"expected": [round(one, 4) for one in expected], "true": round(true, 4)},
                    **{"tested": len(truth), "seconds": round(time.perf_counter() - start, 1)},
                }
            )
    return found


Promise: TypeAlias = tuple[str, tuple[float, float, float], NDArray[np.generic]]
"""Kind of the chosen model, its expected score, and its answers on other people's windows."""


def adapted(own: Path, x: NDArray[np.float32], arguments: argparse.Namespace) -> Promise:
    """Adapt to own recordings, without sources."""
    settings = AdaptationSettings((), arguments.budget, PREPARATION, arguments.seed)
    adapt(own / "dataset.toml", own / "model", settings, cache=own / "cache")
    bundle = load_bundle(own / "model")
    expected = bundle.manifest.expected
    if expected is None:
        raise RuntimeError("adapt expects no score")
    answers = np.array(bundle.manifest.classes)[bundle.classifier().scores(x).argmax(axis=1)]
    return bundle.manifest.kind, (expected.value, expected.low, expected.high), answers


def fitted(own: Path, x: NDArray[np.float32], arguments: argparse.Namespace) -> Promise:
    """Fit the estimator to the windows of own recordings, with the people as groups."""
    domain = prepare(own / "dataset.toml", None, PREPARATION, own / "cache")
    windows, rate_hz = domain.windows, PREPARATION.rate_hz
    estimator = ActivityClassifier(
        "forest", rate_hz=rate_hz, budget_s=arguments.budget, random_state=arguments.seed
    )
    estimator.fit(np.array(windows.x), np.array(domain.classes)[windows.y], windows.subject)
    score = estimator.chosen_.expected
    expected = (score.value, score.low or 0.0, score.high or 1.0)
    return estimator.chosen_.learner.kind, expected, estimator.predict(x)


def draw_from(domain: Domain, rng: np.random.Generator) -> Draw:
    """Draw people, minutes and activities."""
    everyone = domain.summary.subjects
    people = int(rng.integers(PEOPLE[0], min(PEOPLE[1], len(everyone) // 2) + 1))
    minutes = int(rng.integers(MINUTES[0], MINUTES[1] + 1))
    classes = min(len(domain.classes), int(60 * minutes / ACTIVITY_S))
    return Draw(
        tuple(everyone[index] for index in rng.choice(len(everyone), people, replace=False)),
        tuple(sorted(rng.choice(len(domain.classes), classes, replace=False).tolist())),
        minutes,
    )


@functools.cache
def read(reference: str, data: Path) -> list[Recording]:
    """Return the recordings of a dataset."""
    spec, options = lookup(reference)
    return list(spec.read(locate(spec, data), options, lambda sentence: None))


def write_own(
    folder: Path,
    domain: Domain,
    recordings: list[Recording],
    draw: Draw,
    rng: np.random.Generator,
) -> None:
    """Write the drawn stretches as a folder of own recordings, with their time stamps."""
    spec, options = lookup(domain.summary.reference)
    names = [row.name for row in spec.variants[options.variant]]
    classes = "".join(
        f"{names.index(name)} = {json.dumps(name)}\n"
        for name in (domain.classes[index] for index in draw.classes)
    )
    wanted = [names.index(domain.classes[index]) for index in draw.classes]
    rate_hz, timed = recordings[0].rate_hz, recordings[0].time_s is not None
    for person in draw.people:
        (folder / person).mkdir(parents=True)
        mine = [one for one in recordings if one.subject == person]
        for number, (one, first, last) in enumerate(stretches(mine, wanted, draw.minutes, rng)):
            columns: list[NDArray[np.generic]] = [one.acceleration, one.labels]
            columns += [one.time_s - one.time_s[0]] if one.time_s is not None else []
            np.savetxt(
                folder / person / f"{number}.csv",
                np.column_stack(columns)[first:last],
                ["%.5f"] * 3 + ["%d"] + ["%.5f"] * timed,
                ",",
                header="x,y,z,label" + ",time" * timed,
                comments="",
            )
    others = json.dumps([str(code) for code in range(-1, len(names)) if code not in wanted])
    (folder / "dataset.toml").write_text(
        f'title = "drawn"\nfiles = ["*/*.csv"]\nrate_hz = {rate_hz}\nunit = "g"\n'
        + f'placement = "{domain.summary.placement}"\nnull = {others}\n'
        + "path = '(?P<subject>[^/]+)/[0-9]+[.]csv'\n"
        + 'time_unit = "s"\n' * timed
        + '[columns]\nx = "x"\ny = "y"\nz = "z"\nlabel = "label"\n'
        + 'time = "time"\n' * timed
        + f"[classes]\n{classes}",
        "utf-8",
    )


def stretches(
    recordings: list[Recording], wanted: list[int], minutes: int, rng: np.random.Generator
) -> list[tuple[Recording, int, int]]:
    """Draw stretches of a person's recordings: recording, first row, one past the last row."""
    rate_hz = recordings[0].rate_hz
    runs = [(one, *run) for one in recordings for run in runs_of(one) if run[0] in wanted]
    kept: list[tuple[Recording, int, int]] = []
    if len(runs) > 2 * len(recordings):
        length = 0
        for part in rng.permutation(len(recordings)).tolist():
            one = recordings[part]
            if kept and length + len(one.labels) > 60 * minutes * rate_hz:
                break
            kept.append((one, 0, len(one.labels)))
            length += len(one.labels)
        return kept
    share = min(60 * minutes * rate_hz / sum(last - first for *_, first, last in runs), 1.0)
    for label in wanted:
        mine = [(one, first, last) for one, other, first, last in runs if other == label]
        rest = max(share * sum(last - first for _, first, last in mine), SHORTEST_S * rate_hz)
        for part in rng.permutation(len(mine)).tolist():
            one, first, last = mine[part]
            length = min(round(rest), last - first)
            first += int(rng.integers(last - first - length + 1))
            kept.append((one, first, first + length))
            rest -= length
            if rest < SHORTEST_S * rate_hz:
                break
    return kept


def runs_of(recording: Recording) -> list[tuple[int, int, int]]:
    """Return each uninterrupted performance: label, first row, one past the last row."""
    cuts = (np.flatnonzero(np.diff(recording.labels)) + 1).tolist()
    firsts = [0, *cuts]
    return [
        (int(recording.labels[first]), first, last)
        for first, last in zip(firsts, [*cuts, len(recording.labels)], strict=True)
    ]


def summary(results: list[dict[str, Any]]) -> str:
    """Return a Markdown table: how often the true score lies in the interval."""
    rows = []
    for way in dict.fromkeys(one["way"] for one in results):
        for dataset in [*dict.fromkeys(one["dataset"] for one in results), "all"]:
            mine = [
                one for one in results if one["way"] == way and dataset in (one["dataset"], "all")
            ]
            if not mine:
                continue
            value, low, high = np.array([one["expected"] for one in mine]).T
            true = np.array([one["true"] for one in mine])
            rows.append(
                (
                    way,
                    dataset,
                    str(len(mine)),
                    f"{np.mean((low <= true) & (true <= high)):.0%}",
                    f"{(true < low).sum()}, {(true > high).sum()}",
                    f"{100 * np.mean(true - value):+.1f}",
                    f"{100 * np.mean(true):.1f}",
                    f"{100 * np.mean(high - low):.0f}",
                    f"{np.median([one['seconds'] for one in mine]):.0f}",
                )
            )
    columns = (
        *("way", "dataset", "draws", "inside", "below, above", "true − expected (points)"),
        *("true micro-F1", "width (points)", "seconds"),
    )
    return table(columns, rows, 2)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
