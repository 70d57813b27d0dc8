"""Model bundles: a folder with a model that recognises activities, ready to hand on.

`model.safetensors` holds the weights, `bundle.json` their description
(`crosswear.deploy.bundle.manifest`), `README.md` an introduction for people who receive the folder.
Nothing is unpickled.
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

from crosswear.baselines import Classifier
from crosswear.core.errors import BundleError, CheckpointError, CrosswearError
from crosswear.core.files import expect_absent, new_folder
from crosswear.core.keys import to_json
from crosswear.core.validation import first_problem
from crosswear.deploy.bundle.classical import CLASSICAL_KINDS
from crosswear.deploy.bundle.classifier import Calibrated, logits_of_classifier, logits_of_network
from crosswear.deploy.bundle.manifest import SCHEMA, Manifest, Weights
from crosswear.deploy.bundle.readme import readme
from crosswear.networks.checkpoint import Checkpoint
from crosswear.signal.familiarity import Reference
from crosswear.signal.features import bounded_features

WEIGHTS_FILE = "model.safetensors"
MANIFEST_FILE = "bundle.json"
README_FILE = "README.md"
REFERENCE = "familiarity."
"""Before the names of the arrays of `crosswear.signal.familiarity.Reference`."""
LARGEST_MANIFEST = 1 << 20
"""Bytes."""
GET_AGAIN = "get the bundle again from its author, or make a new one with `crosswear adapt`"


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model with everything needed to use it.

    Attributes:
        manifest: its description.
        state: arrays by name: weights and statistics of the network, or the state of a classifier
            of `crosswear.deploy.bundle.classical`; those of `Reference` with `REFERENCE` before
            their names.
    """

    manifest: Manifest
    state: Mapping[str, NDArray[Any]]

    def network(self) -> nn.Module:
        """Return the network with its weights, in evaluation mode.

        Raises:
            BundleError: if the bundle holds no network, or weights of another shape.
        """
        about = self.manifest
        if about.model is None:
            raise BundleError(f"it holds a {about.kind}", expected="a network")
        weights = self._weights().items()
        state = {name: torch.from_numpy(np.array(value)) for name, value in weights}
        try:
            return Checkpoint(about.model, about.classes, about.window, state).network()
        except CrosswearError as error:
            what = f"the weights are not those of the network: {error.what}"
            raise _damaged(what, error.where, error.expected) from error

    def baseline(self) -> Classifier:
        """Return the classical classifier; its probabilities are those before `temperature`.

        Raises:
            BundleError: if the bundle holds a network, or arrays that make no such classifier.
            UsageError: if it holds an encoder, and the extra `onnx` is not installed.
        """
        about = self.manifest
        if about.kind not in CLASSICAL_KINDS:
            raise BundleError(f"it holds a {about.kind}", expected="a classical classifier")
        try:
            # C order, as stored: the order of an array decides the order of sums.
            weights = self._weights().items()
            state = {name: np.asarray(value, order="C") for name, value in weights}
            classifier = CLASSICAL_KINDS[about.kind].load(state)
            found = classifier.scores(np.zeros((1, 3, about.window), np.float32)).shape
            if found != (1, len(about.classes)):
                raise ValueError(f"{found[-1]} classes instead of {len(about.classes)}")
        except CheckpointError as error:
            raise _damaged(f"its encoder: {error.what}", error.where, error.expected) from error
        except (KeyError, ValueError, TypeError, IndexError, RuntimeError) as error:
            raise _damaged(
                f"the arrays are not those of a {about.kind} ({type(error).__name__}: {error})",
                expected=f"the state of a {about.kind} for {len(about.classes)} classes",
            ) from error
        return classifier

    def reference(self) -> Reference | None:
        """Return the windows that the model has learned from, in features; None without limits.

        Raises:
            BundleError: if its arrays are missing, or of another shape.
        """
        about = self.manifest
        if about.familiarity is None:
            return None
        features = bounded_features(np.zeros((1, 3, about.window), np.float32), about.rate_hz)
        width = features.shape[1]
        shapes = {"mean": (width,), "whitening": (width, width), "usual": (2, len(about.classes))}
        arrays = {}
        for name, shape in shapes.items():
            found = self.state.get(REFERENCE + name, np.empty(0))
            if found.shape != shape or found.dtype.kind != "f":
                raise _damaged(
                    f"{REFERENCE}{name} is {found.dtype} {found.shape}",
                    expected=f"an array of shape {shape}",
                )
            arrays[name] = np.asarray(found, np.float64)
        return Reference(**arrays)

    def _weights(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the model."""
        return {name: value for name, value in self.state.items() if not name.startswith(REFERENCE)}

    def classifier(self) -> Calibrated:
        """Return the calibrated classifier, for any kind of model.

        Raises:
            BundleError: if the weights do not fit the model.
        """
        if self.manifest.model is not None:
            logits = logits_of_network(self.network())
        else:
            logits = logits_of_classifier(self.baseline())
        return Calibrated(logits, self.manifest.temperature, self.manifest.window)


def _damaged(what: str, where: str = "", expected: str = "") -> BundleError:
    """Return the error for a bundle that has to be replaced."""
    return BundleError(what, where=where, expected=expected, todo=GET_AGAIN)


def pack(state: Mapping[str, NDArray[Any]]) -> tuple[bytes, Weights]:
    """Return the content of the file of weights, and its entry in the manifest."""
    content = safetensors.numpy.save(
        {name: np.asarray(value, order="C") for name, value in state.items()}
    )
    return content, Weights(hashlib.sha256(content).hexdigest(), len(content))


def save_bundle(folder: Path, bundle: Bundle) -> None:
    """Write a bundle atomically.

    Raises:
        UsageError: if the folder exists.
        BundleError: if the bundle is inconsistent.
        DiskError: if it cannot be written.
    """
    expect_absent(folder)
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
    """Read and check a bundle.

    Raises:
        BundleError: if a file is missing, altered or of the wrong size, the schema is unknown, a
            value is wrong, or the weights do not fit the model.
    """
    folder = Path(folder)
    manifest = _read_manifest(folder / MANIFEST_FILE)
    content = _read(folder / WEIGHTS_FILE, manifest.weights.bytes)
    where = str(folder / WEIGHTS_FILE)
    if len(content) != manifest.weights.bytes:
        expected = f"{manifest.weights.bytes} bytes"
        raise _damaged(f"it has {len(content)} bytes", where, expected)
    if hashlib.sha256(content).hexdigest() != manifest.weights.sha256:
        expected = f"sha256 {manifest.weights.sha256}"
        raise _damaged("altered: its checksum differs", where, expected)
    try:
        bundle = Bundle(manifest, safetensors.numpy.load(content))
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise _damaged(f"not safetensors: {error}", where) from error
    _check(bundle, where)
    return bundle


def _check(bundle: Bundle, where: str) -> None:
    """Raise an error unless the model can be built."""
    for key, found, expected in bundle.manifest.contradictions():
        raise _damaged(found, f"{where}: {key}", expected)
    for name, value in bundle.state.items():
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise _damaged("a weight is not finite", f"{where}: {name}", "finite numbers")
    try:
        bundle.classifier()
        bundle.reference()
    except BundleError as error:
        raise error.inside(where) from error


def _read_manifest(path: Path) -> Manifest:
    where = str(path)
    content = _read(path, LARGEST_MANIFEST)
    try:
        about = json.loads(content)
        schema = about["schema"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        what = f"not the description of a bundle ({type(error).__name__}: {error})"
        raise _damaged(what, where, "JSON with a schema number") from error
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
    """Return the bytes of a file of at most `most` bytes."""
    try:
        size = path.stat().st_size
        if size > most:
            raise _damaged(f"it has {size} bytes", str(path), f"at most {most} bytes")
        return path.read_bytes()
    except OSError as error:
        raise BundleError(
            f"cannot be read: {error.strerror or error}",
            where=str(path),
            expected=f"a folder with {WEIGHTS_FILE} and {MANIFEST_FILE}",
            todo="check the path; " + GET_AGAIN,
        ) from error
