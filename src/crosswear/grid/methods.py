"""The methods that cells compare, a line each. How each one trains: `crosswear.engine.methods`.

Other modules ask for these facts and compare no names, so that a new baseline trains, is timed and
is reported with a line here, a line there and a file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Annotated, Literal, TypeAlias

import pydantic


class Role(Enum):
    """The part of a method in a study."""

    SOURCE = auto()
    """It trains the networks that others adapt, on the whole train subset."""
    NETWORK = auto()
    """It adapts a source network, or trains fresh weights: the network from scratch."""
    FLOOR = auto()
    """It looks at no window."""
    BASELINE = auto()
    """It fits the windows of the adaptation set, without a source network."""
    FEATURES = auto()
    """It fits the outputs of a source network's frozen blocks."""
    ENCODER = auto()
    """It fits the features of an encoder (`crosswear.encoders`), trained or not."""
    ALIGNMENT = auto()
    """It learns the classes that domains share, and is tested on those of the target."""


@dataclass(frozen=True)
class Method:
    """The facts of a method.

    Attributes:
        name: in study files, records and keys.
        role: its part in a study.
        label: in reports.
        with_sources: the same where a cell has sources, as a format of `origin` (the sources) and
            `part` (the transferred blocks); `label` where it is empty.
        reads: what a cell that has sources reads of them: their windows, the weights of their
            network, or the features of an encoder, which is then the one source.
        sees: what it learns from in the target: labelled windows, windows without labels, nothing.
        takes_encoders: whether the encoders of a study take part in it.
    """

    name: str
    role: Role
    label: str
    with_sources: str = ""
    reads: Literal["nothing", "windows", "weights", "features"] = "nothing"
    sees: Literal["labels", "windows", "nothing"] = "labels"
    takes_encoders: bool = False


def _baseline(name: str, *, whitened: bool = False, takes_encoders: bool = False) -> Method:
    if not whitened:
        return Method(name, Role.BASELINE, name, takes_encoders=takes_encoders)
    label = f"{name}, whitened"
    return Method(name, Role.BASELINE, name, label, "windows", takes_encoders=takes_encoders)


def _encoder(name: str, label: str, with_sources: str) -> Method:
    return Method(name, Role.ENCODER, label, with_sources, "features")


def _alignment(name: str, label: str, sees: Literal["labels", "windows", "nothing"]) -> Method:
    with_sources = f"{name}, classes shared with {{origin}}"
    return Method(name, Role.ALIGNMENT, label, with_sources, "windows", sees)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            Method("source", Role.SOURCE, "source network"),
            Method("network", Role.NETWORK, "scratch", "transfer from {origin}, {part}", "weights"),
            Method("majority", Role.FLOOR, "majority", sees="nothing"),
            _baseline("forest"),
            _baseline("extra-trees"),
            _baseline("minirocket", whitened=True),
            _baseline("vote", whitened=True),
            _baseline("kernel", whitened=True),
            _baseline("stack", whitened=True, takes_encoders=True),
            _baseline("hydra-multirocket"),
            Method("logistic", Role.FEATURES, "logistic", "logistic on {origin}", "weights"),
            _encoder("encoder", "encoder", "encoder {origin}"),
            _encoder("untrained-encoder", "untrained encoder", "untrained control of {origin}"),
            _alignment("source-only", "source only", "nothing"),
            _alignment("adabn", "AdaBN", "windows"),
            _alignment("mmd", "MMD", "windows"),
            _alignment("adversarial", "adversarial training", "windows"),
            _alignment("target-labels", "target labels", "labels"),
        )
    }
)
"""Every method by its name."""


def names_of(*roles: Role) -> tuple[str, ...]:
    """Return the names of the methods that have one of the roles."""
    return tuple(name for name, method in METHODS.items() if method.role in roles)


def _one_of(names: Collection[str]) -> pydantic.AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return name

    return pydantic.AfterValidator(check)


BASELINES = names_of(Role.BASELINE)
ENCODERS = names_of(Role.ENCODER)
WHITENED = tuple(name for name in BASELINES if METHODS[name].reads == "windows")
"""Baselines that windows of other domains can whiten."""
ALIGNMENTS = names_of(Role.ALIGNMENT)

MethodName: TypeAlias = Annotated[str, _one_of(METHODS)]
Baseline: TypeAlias = Annotated[str, _one_of(names_of(Role.FLOOR, Role.BASELINE, Role.FEATURES))]
Alignment: TypeAlias = Annotated[str, _one_of(ALIGNMENTS)]
