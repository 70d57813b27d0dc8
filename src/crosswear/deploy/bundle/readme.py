"""The README of a bundle, for people who receive it."""

from __future__ import annotations

from crosswear.core.markdown import escaped, table
from crosswear.core.texts import counted
from crosswear.deploy.bundle.classical import CLASSICAL_KINDS
from crosswear.deploy.bundle.manifest import Adaptation, Expected, Manifest, Origin


def readme(about: Manifest) -> str:
    """Return Markdown: activities, input, expected score, use, and origins of the data."""
    windows = map(str, about.adaptation.windows)
    rows = zip(map(escaped, about.classes), windows, strict=True)
    origins = "\n".join(map(_origin, about.origins))
    kind = "a neural network" if about.model else CLASSICAL_KINDS[about.kind].description
    return f"""# {escaped(about.name)}

This folder holds a model that recognises {len(about.classes)} activities from an accelerometer: \
{kind}{_transfer(about)}. It was made with crosswear on {about.created[:10]}.

## What it needs

- Acceleration in x, y and z **with gravity**. The sensor's place: **{escaped(about.placement)}**.
  Elsewhere on the body, or turned, it does not recognise the activities reliably.
- Any sampling rate of at least {about.rate_hz:g} Hz; it is resampled to {about.rate_hz:g} Hz.
- It looks at {about.window_s:g} s at a time, every {about.hop_s:g} s{_smoothed(about)}.

## What it recognises

{table(("activity", "labelled windows"), rows, 1)}

The answer is always one of these, also for other activities. An answer with a probability below \
{about.threshold:.2f} is marked "unsure": do not rely on it. \
So is an answer to input that is unlike the training data{_false_alarms(about)}.

## How well

{_expected(about.expected)}
{_adapted(about.adaptation)}

## How to run it

crosswear is on no index of packages: from a checkout of the project, with Python 3.11 or newer,

    pip install PATH_OF_THE_CHECKOUT
    crosswear predict THIS_FOLDER recording.csv --out timeline.csv

or in Python, on samples as they come:

    from pathlib import Path
    from crosswear.deploy.bundle import load_bundle
    from crosswear.deploy.recognise import Recognizer

    recognizer = Recognizer(load_bundle(Path("THIS_FOLDER")), rate_hz=50, unit="m/s2")
    for samples in sensor:  # arrays [t, 3]
        for event in recognizer.push(samples):
            print(event.start_s, event.label, event.probability, event.unsure)

## Origins of the data

The licences of the data may apply to you, too.

{origins}

## What is in the folder

`model.safetensors` holds the weights as plain arrays ({about.weights.bytes:,} bytes, sha256 \
`{about.weights.sha256}`), `bundle.json` their description. Loading executes nothing.
"""


def _false_alarms(about: Manifest) -> str:
    if about.familiarity is None:
        return " in its strength of gravity"
    return f" (beyond {1 - about.familiarity.false_alarms:.0%} of the windows of people left out)"


def _transfer(about: Manifest) -> str:
    sources = [escaped(one.reference) for one in about.origins if one.role == "source"]
    if about.transfer is None or not sources:
        return ""
    return f" that was first trained on {', '.join(sources)}"


def _smoothed(about: Manifest) -> str:
    if about.smoothing == 1:
        return "; smoothing does not help, so smoothed labels equal the labels"
    return f"; smoothed labels use the mean over {about.smoothing} windows"


def _adapted(adaptation: Adaptation) -> str:
    people = counted(adaptation.subjects, "person", "people")
    windows = sum(adaptation.windows)
    part = "" if adaptation.learned in (None, windows) else f"{adaptation.learned} of "
    return f"It was adapted on {part}{windows} labelled windows of {people}."


def _expected(expected: Expected | None) -> str:
    if expected is None:
        return "There were too few recordings to estimate how well it does.\n"
    return (
        f"Expected {expected.measure}: **{expected.value:.2f}**, between {expected.low:.2f} and "
        f"{expected.high:.2f} with {expected.confidence:.0%} confidence. "
        f"{escaped(expected.method)}\n"
    )


def _origin(origin: Origin) -> str:
    return (
        f"- {escaped(origin.reference)} ({origin.role}); licence: {escaped(origin.licence)}; "
        f"to cite: {escaped(origin.citation)}; digest `{origin.digest}`"
    )
