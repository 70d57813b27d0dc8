"""Measure how much unlike input is noticed: models of a few people on others and on altered input.

For each dataset, a forest learns from the drawn people (four minutes each). A recording of each of
some other people, 40 seconds of every activity, is recognised as it is and altered: in
another unit, with turned or permuted axes, with a wrong rate, with noise, of another placement.

    python benchmarks/familiarity.py --data FOLDER --cache FOLDER
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from promises import PREPARATION, Draw, read, write_own

from crosswear.adaptation.assessment import assess
from crosswear.adaptation.budget import Budget
from crosswear.adaptation.bundling import bundle_of
from crosswear.adaptation.choose import choose
from crosswear.adaptation.learners import TrainingData
from crosswear.core.markdown import table
from crosswear.core.recording import STANDARD_GRAVITY, Recording
from crosswear.datasets.domain import Domain
from crosswear.datasets.prepare import prepare
from crosswear.deploy.bundle import Bundle
from crosswear.deploy.recognise import Recognizer
from crosswear.networks.threads import one_torch_thread

LEARNED = {"selfback": 8, "wisdm_watch/dataset.toml": 8, "dsads": 5}
"""People to learn from."""
ASKED = 6
"""Most other people."""
SECONDS = 40
TURN = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
PERMUTED = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
LEG = {"dsads": "dsads:placement=left_leg"}


def main() -> None:
    """Print a Markdown table: shares of unfamiliar windows and recordings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--seed", type=int, default=2019)
    arguments = parser.parse_args()
    columns: list[str] = []
    shares: dict[str, list[str]] = {}
    for name, people in LEARNED.items():
        columns += [f"{name.split('/')[0]}: windows", "recordings"]
        for altered, found in shares_of(name, people, arguments).items():
            shares.setdefault(altered, ["–"] * (len(columns) - 2)).extend(found)
            print(name, altered, *found, flush=True)
        for found in shares.values():
            found += ["–"] * (len(columns) - len(found))
    print(table(("input", *columns), [(one, *found) for one, found in shares.items()], 1))


def shares_of(name: str, people: int, arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Return the shares of unfamiliar windows and recordings by alteration, of one dataset."""
    inside = arguments.data / name
    reference = str(inside) if inside.suffix == ".toml" else name
    domain = prepare(reference, arguments.data, PREPARATION, arguments.cache)
    recordings = read(reference, arguments.data)
    rng = np.random.default_rng(arguments.seed)
    everyone = rng.permutation(np.array(domain.summary.subjects)).tolist()
    draw = Draw(tuple(everyone[:people]), tuple(range(len(domain.classes))), 4)
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own"
        write_own(own, domain, recordings, draw, rng)
        bundle = learned(prepare(own / "dataset.toml", None, PREPARATION, own / "cache"))
    others = everyone[people : people + ASKED]
    rate_hz = recordings[0].rate_hz
    parts = {person: parts_of(recordings, person) for person in others}
    joined = [np.concatenate(parts[person]) for person in others]
    found = {
        "as recorded": alarms(bundle, joined, rate_hz),
        "as recorded, one activity each": alarms(bundle, [*chain(*parts.values())], rate_hz),
        "m/s² taken for g": alarms(bundle, [one * STANDARD_GRAVITY for one in joined], rate_hz),
        "g taken for m/s²": alarms(bundle, [one / STANDARD_GRAVITY for one in joined], rate_hz),
        "turned by 90° about z": alarms(bundle, [one @ TURN.T for one in joined], rate_hz),
        "turned by 180° about z": alarms(
            bundle, [one @ TURN.T @ TURN.T for one in joined], rate_hz
        ),
        "x, y and z permuted": alarms(bundle, [one @ PERMUTED.T for one in joined], rate_hz),
        "rate stated twice too high": alarms(bundle, joined, 2 * rate_hz),
        "rate stated half": alarms(bundle, joined, rate_hz / 2),
        "noise of 0.3 g added": alarms(bundle, [one + noise(one, rng) for one in joined], rate_hz),
        "noise of 0.3 g about 1 g": alarms(
            bundle, [noise(one, rng) + np.array([0, 0, 1]) for one in joined], rate_hz
        ),
    }
    if name in LEG:
        moved = read(LEG[name], arguments.data)
        legs = [np.concatenate(parts_of(moved, person)) for person in others]
        found["at the left leg"] = alarms(bundle, legs, rate_hz)
    return found


def learned(domain: Domain) -> Bundle:
    """Return a forest that has learned from all windows of a domain, as a bundle."""
    windows, rate_hz = domain.windows, PREPARATION.rate_hz
    people = np.asarray(windows.subject)
    data = TrainingData(np.array(windows.x), windows.y, people, len(domain.classes), rate_hz, 0)
    chosen = choose(data, {}, 600.0, kinds=("forest",))
    findings = assess(chosen, domain, data, "subject", Budget(0.0))
    return bundle_of(domain, PREPARATION, chosen, findings, np.arange(len(windows)), ())


def parts_of(recordings: list[Recording], person: str) -> list[NDArray[np.float64]]:
    """Return the first seconds of each activity of a person."""
    length = round(SECONDS * recordings[0].rate_hz)
    found: dict[int, NDArray[np.float64]] = {}
    for one in recordings:
        if one.subject == person:
            label = int(one.labels[len(one.labels) // 2])
            before = found.get(label, np.empty((0, 3)))
            found[label] = np.concatenate([before, one.acceleration])[:length]
    return list(found.values())


def noise(values: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return white noise for samples."""
    return rng.normal(0, 0.3, values.shape)


def alarms(bundle: Bundle, recordings: list[NDArray[np.float64]], rate_hz: float) -> list[str]:
    """Return the shares of windows and recordings that are unfamiliar, in per cent."""
    windows, whole = [], []
    with one_torch_thread():
        for values in recordings:
            recognizer = Recognizer(bundle, rate_hz)
            events = [*recognizer.push(values), *recognizer.flush()]
            windows += [one.reason == "unfamiliar" for one in events]
            whole.append(recognizer.is_unfamiliar)
    return [f"{100 * np.mean(windows):.1f}", f"{100 * np.mean(whole):.0f}"]


if __name__ == "__main__":
    main()
