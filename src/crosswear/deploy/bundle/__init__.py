"""Bundles: a model that recognises activities, in one folder that can be handed on.

`model.safetensors` holds the weights, `bundle.json` what they are
(`crosswear.deploy.bundle.manifest`), `README.md` tells the person who receives
the folder. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import safetensors
import safetensors.numpy
import torch
from numpy.typing import NDArray
from torch import nn

from crosswear.baselines import BASELINES, Classifier
from crosswear.core.errors import BundleError, CrosswearError, UsageError
from crosswear.core.files import new_folder
from crosswear.core.keys import to_json
from crosswear.core.validation import first_problem
from crosswear.deploy.bundle.classifier import Calibrated, logits_of_classifier, logits_of_network
from crosswear.deploy.bundle.manifest import SCHEMA, Manifest, Weights
from crosswear.deploy.bundle.readme import readme
from crosswear.networks.checkpoint import Checkpoint

WEIGHTS_FILE = "model.safetensors"
MANIFEST_FILE = "bundle.json"
README_FILE = "README.md"
LARGEST_MANIFEST = 1 << 20
"""Bytes."""
GET_AGAIN = "get the bundle again from whoever made it, or make it anew with `crosswear adapt`"


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model with what has to be known to use it.

    Attributes:
        manifest: what it is.
        state: arrays by name: weights and statistics of the network, or the state of a classifier
            of `crosswear.baselines`.
    """

    manifest: Manifest
    state: Mapping[str, NDArray[Any]]

    def network(self) -> nn.Module:
        """The network with its weights, in evaluation mode.

        Raises:
            BundleError: if the bundle holds no network, or weights of another shape.
        """
        about = self.manifest
        if about.model is None:
            raise BundleError(f"it holds a {about.kind}", expected="a network")
        state = {name: torch.from_numpy(np.array(value)) for name, value in self.state.items()}
        try:
            return Checkpoint(about.model, about.classes, about.window, state).network()
        except CrosswearError as error:
            raise BundleError(
                f"the weights are not those of the network: {error.what}",
                where=error.where,
                expected=error.expected,
                todo=GET_AGAIN,
            ) from error

    def baseline(self) -> Classifier:
        """The classical classifier; its probabilities are those before `temperature`.

        Raises:
            BundleError: if the bundle holds a network, or arrays that make no such classifier.
        """
        about = self.manifest
        if about.kind not in BASELINES:
            raise BundleError(f"it holds a {about.kind}", expected="a classical classifier")
        try:
            # As they are stored: the order of an array decides the order of sums.
            state = {name: np.asarray(value, order="C") for name, value in self.state.items()}
            classifier = BASELINES[about.kind].load(state)
            found = classifier.scores(np.zeros((1, 3, about.window), np.float32)).shape
            if found != (1, len(about.classes)):
                raise ValueError(f"{found[-1]} classes instead of {len(about.classes)}")
        except (KeyError, ValueError, TypeError, IndexError, RuntimeError) as error:
            raise BundleError(
                f"the arrays are not those of a {about.kind} ({type(error).__name__}: {error})",
                expected=f"the state of a {about.kind} for {len(about.classes)} classes",
                todo=GET_AGAIN,
            ) from error
        return classifier

    def classifier(self) -> Calibrated:
        """What gives probabilities, whatever kind of model it is.

        Raises:
            BundleError: if the weights are not those of such a model.
        """
        if self.manifest.model is not None:
            logits = logits_of_network(self.network())
        else:
            logits = logits_of_classifier(self.baseline())
        return Calibrated(logits, self.manifest.temperature, self.manifest.window)


def pack(state: Mapping[str, NDArray[Any]]) -> tuple[bytes, Weights]:
    """The content of the file of weights, and what the manifest says of it."""
    content = safetensors.numpy.save(
        {name: np.asarray(value, order="C") for name, value in state.items()}
    )
    return content, Weights(hashlib.sha256(content).hexdigest(), len(content))


def save_bundle(folder: Path, bundle: Bundle) -> None:
    """Write a bundle, whole or not at all.

    Raises:
        UsageError: if there is something already.
        BundleError: if the bundle could not be loaded again.
        DiskError: if it cannot be written.
    """
    if folder.exists():
        raise UsageError(
            "it is there already",
            where=str(folder),
            expected="the name of a new folder",
            todo="choose another name, or delete it",
        )
    content, weights = pack(bundle.state)
    if weights != bundle.manifest.weights:
        raise BundleError(
            "the weights are not those of the manifest",
            where=str(folder),
            expected=f"sha256 {bundle.manifest.weights.sha256}",
        )
    _check(bundle, str(folder))
    about = json.dumps(to_json(bundle.manifest), indent=2, ensure_ascii=False, allow_nan=False)
    with new_folder(folder) as temporary:
        (temporary / WEIGHTS_FILE).write_bytes(content)
        (temporary / MANIFEST_FILE).write_text(about + "\n", "utf-8")
        (temporary / README_FILE).write_text(readme(bundle.manifest), "utf-8")


def load_bundle(folder: str | Path) -> Bundle:
    """Read a bundle and check all of it.

    Raises:
        BundleError: if a file is missing, altered or of another size than it should be, the schema
            is a foreign one, a value is wrong, or the weights do not fit the model.
    """
    folder = Path(folder)
    manifest = _read_manifest(folder / MANIFEST_FILE)
    content = _read(folder / WEIGHTS_FILE, manifest.weights.bytes)
    where = str(folder / WEIGHTS_FILE)
    if len(content) != manifest.weights.bytes:
        raise BundleError(
            f"it has {len(content)} bytes",
            where=where,
            expected=f"{manifest.weights.bytes} bytes",
            todo=GET_AGAIN,
        )
    if hashlib.sha256(content).hexdigest() != manifest.weights.sha256:
        raise BundleError(
            "altered: its content is not what was written",
            where=where,
            expected=f"sha256 {manifest.weights.sha256}",
            todo=GET_AGAIN,
        )
    try:
        bundle = Bundle(manifest, safetensors.numpy.load(content))
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise BundleError(f"not safetensors: {error}", where=where, todo=GET_AGAIN) from error
    _check(bundle, where)
    return bundle


def _check(bundle: Bundle, where: str) -> None:
    """That the model can be built from what is there."""
    for key, found, expected in bundle.manifest.contradictions():
        raise BundleError(found, where=f"{where}: {key}", expected=expected, todo=GET_AGAIN)
    for name, value in bundle.state.items():
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise BundleError(
                "a weight is not finite",
                where=f"{where}: {name}",
                expected="finite numbers",
                todo=GET_AGAIN,
            )
    try:
        bundle.classifier()
    except BundleError as error:
        raise error.inside(where) from error


def _read_manifest(path: Path) -> Manifest:
    where = str(path)
    content = _read(path, LARGEST_MANIFEST)
    try:
        about = json.loads(content)
        schema = about["schema"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BundleError(
            f"not the description of a bundle ({type(error).__name__}: {error})",
            where=where,
            expected="JSON with a schema number",
            todo=GET_AGAIN,
        ) from error
    if schema != SCHEMA:
        raise BundleError(
            f"schema {str(schema)[:40]}",
            where=where,
            expected=f"schema {SCHEMA}, which this version of crosswear reads",
            todo="use the version of crosswear that wrote it (versions in the same file)",
        )
    try:
        return pydantic.TypeAdapter(Manifest).validate_json(content)
    except pydantic.ValidationError as error:
        raise first_problem(error, where, BundleError, "docs/bundle.md") from error


def _read(path: Path, most: int) -> bytes:
    """All bytes of a file, if there are at most as many as expected."""
    try:
        size = path.stat().st_size
        if size > most:
            raise BundleError(
                f"it has {size} bytes",
                where=str(path),
                expected=f"at most {most} bytes",
                todo=GET_AGAIN,
            )
        return path.read_bytes()
    except OSError as error:
        raise BundleError(
            f"cannot be read: {error.strerror or error}",
            where=str(path),
            expected=f"a folder with {WEIGHTS_FILE} and {MANIFEST_FILE}",
            todo="check the path; " + GET_AGAIN,
        ) from error
