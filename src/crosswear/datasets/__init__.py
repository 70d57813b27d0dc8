"""Datasets: one file each, and the registry that names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from crosswear.core.errors import UsageError
from crosswear.core.recording import Sensors
from crosswear.core.texts import did_you_mean
from crosswear.datasets import (
    actrectut,
    capture24,
    dsads,
    hhar,
    jsi_fos,
    mhealth,
    opportunity,
    pamap2,
    realworld,
    selfback,
    simulated,
    skoda,
    sp_sw_har,
    wear,
    weda_fall,
    wharf,
    wisdm2019,
)
from crosswear.datasets.own import load_own
from crosswear.datasets.own.layout import FILE_NAME
from crosswear.datasets.spec import DatasetSpec, ReadOptions

REGISTRY: Mapping[str, DatasetSpec] = MappingProxyType(
    {
        "pamap2": pamap2.SPEC,
        "opportunity": opportunity.SPEC,
        "dsads": dsads.SPEC,
        "selfback": selfback.SPEC,
        "wharf": wharf.SPEC,
        "actrectut": actrectut.SPEC,
        "skoda": skoda.SPEC,
        "jsi_fos": jsi_fos.SPEC,
        "sp_sw_har": sp_sw_har.SPEC,
        "wisdm2019": wisdm2019.SPEC,
        "mhealth": mhealth.SPEC,
        "weda_fall": weda_fall.SPEC,
        "hhar": hhar.SPEC,
        "realworld": realworld.SPEC,
        "wear": wear.SPEC,
        "capture24": capture24.SPEC,
        **{spec.name: spec for spec in simulated.SPECS},
    }
)
"""Every dataset that can be read, by name."""


def lookup(reference: str) -> tuple[DatasetSpec, ReadOptions]:
    """Find a dataset, and what of it to read.

    Args:
        reference: a name alone, or with choices: ``dsads:placement=torso,variant=default``.
            What is not chosen is the first of the dataset's placements and variants, and the
            accelerometer alone of its sensors; with ``sensors=accelerometer+gyroscope`` both. Own
            recordings: the path of their ``dataset.toml``.

    Raises:
        UsageError: for an unknown dataset, key or value; names the ones that there are.
        MissingDataError: if there is no such ``dataset.toml``.
        DataFormatError: if the ``dataset.toml`` holds what it should not.
    """
    if reference.endswith(".toml"):
        spec = load_own(Path(reference))
        return spec, spec.default_options
    if reference and reference not in REGISTRY and Path(reference).is_dir():
        described = Path(reference) / FILE_NAME
        write = f"`crosswear data new {reference}` writes a {FILE_NAME} there"
        raise UsageError(
            "a folder, not a dataset",
            where=reference,
            expected=f"a dataset, or the path of a {FILE_NAME}",
            todo=f"name {described}" if described.is_file() else write,
        )
    name, colon, choices = reference.partition(":")
    spec = REGISTRY[_known(reference, "dataset", name, REGISTRY)]
    offered = {"placement": spec.placements, "variant": (*spec.variants,)}
    keys = (*offered, "sensors")
    chosen: dict[str, str] = {}
    for choice in choices.split(",") if colon else ():
        key, equals, value = choice.partition("=")
        if not equals or key in chosen:
            raise UsageError(
                f"{choice!r} comes twice" if equals else f"{choice!r} is not a choice",
                where=reference,
                expected="a name, or name:key=value,key=value with each key once",
                todo=f"choose a {' or '.join(keys)}, for example {name}:placement="
                f"{spec.placements[0]}",
            )
        _known(reference, f"key of {name}", key, keys)
        if key in offered:
            _known(reference, f"{key} of {name}", value, offered[key])
        chosen[key] = value
    default = spec.default_options
    return spec, ReadOptions(
        placement=chosen.get("placement", default.placement),
        variant=chosen.get("variant", default.variant),
        sensors=_sensors(reference, spec, chosen.get("sensors", "+".join(default.sensors))),
    )


def _sensors(reference: str, spec: DatasetSpec, value: str) -> Sensors:
    """The sensors that are asked for, in the dataset's order: its first alone, or all of them."""
    asked = value.split("+")
    for sensor in asked:
        if sensor not in spec.sensors:
            raise UsageError(
                f"no {sensor or 'sensor'} is read of {spec.name}",
                where=reference,
                expected="+".join(spec.sensors),
                todo="leave the sensors out, or choose a dataset that has it: crosswear data list",
            )
    offered = {"+".join(some): some for some in (spec.sensors[:1], spec.sensors)}
    found = "+".join(sensor for sensor in spec.sensors if sensor in asked)
    return offered[_known(reference, f"choice of sensors of {spec.name}", found, offered)]


def _known(reference: str, kind: str, found: str, known: Iterable[str]) -> str:
    names = tuple(known)
    if found in names:
        return found
    raise UsageError(
        f"there is no {kind} {found!r}",
        where=reference,
        expected="one of " + ", ".join(names),
        todo=did_you_mean(found, names) or "choose one of them",
    )
