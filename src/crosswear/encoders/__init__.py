"""Encoders: feature extractors of others as ONNX files, imported into folders with a card.

    FOLDER/encoder.onnx   the network
    FOLDER/encoder.json   its card, and what was found in it

A file is examined in a process of its own when it is imported; afterwards, its checksum shows that
it is the one that was examined.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pydantic
from numpy import float32
from numpy.typing import NDArray

from crosswear.core.errors import CheckpointError, MissingDataError
from crosswear.core.keys import canonical_json
from crosswear.core.packages import expect_packages
from crosswear.encoders.card import SCHEMA, EncoderCard, EncoderManifest

MODEL, MANIFEST = "encoder.onnx", "encoder.json"
AGAIN = "import it again"

_MANIFEST = pydantic.TypeAdapter(EncoderManifest)


@dataclass(frozen=True)
class Encoder:
    """An imported encoder.

    Attributes:
        folder: where it lies.
        manifest: its card, and what was found in its file.
    """

    folder: Path
    manifest: EncoderManifest

    @property
    def card(self) -> EncoderCard:
        """Statements of the user about it."""
        return self.manifest.card

    def features(
        self, x: NDArray[float32], rate_hz: float, untrained_seed: int | None = None
    ) -> NDArray[float32]:
        """Return the features [n, D] of windows.

        Args:
            x: [n, 3, L] in g.
            rate_hz: their sampling rate.
            untrained_seed: of the weights of its untrained control, which then computes them.

        Raises:
            UsageError: if the extra `onnx` is not installed, or the windows are shorter than the
                encoder's and its card refuses those.
            CheckpointError: if the file is another one than was imported, or gives NaN.
        """
        expect_onnx()
        from crosswear.encoders.control import untrained
        from crosswear.encoders.encoding import encode, open_session

        model = self.model()
        if untrained_seed is not None:
            model = untrained(model, untrained_seed, self.card.fixed).model
        return encode(open_session(model), self.card, self.manifest.found.batch, x, rate_hz)

    def model(self) -> bytes:
        """Return the ONNX file.

        Raises:
            CheckpointError: if it is another one than was imported.
        """
        path, found = self.folder / MODEL, self.manifest.found
        try:
            model = path.read_bytes()
        except OSError as error:
            raise CheckpointError(
                f"cannot be read: {error.strerror}", where=str(path), todo=AGAIN
            ) from error
        if hashlib.sha256(model).hexdigest() != found.sha256:
            raise CheckpointError(
                "not the file that was imported",
                where=str(path),
                expected=f"sha256 {found.sha256}",
                todo=AGAIN,
            )
        return model


def load_encoder(folder: str | Path) -> Encoder:
    """Open the folder of an imported encoder, and check its file.

    Raises:
        MissingDataError: if there is none.
        CheckpointError: if the card or the file is damaged, or of another schema.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise MissingDataError(
            "no encoder is there",
            where=str(folder),
            expected=f"a folder that `crosswear encoder import` made, with {MANIFEST} in it",
        )
    try:
        manifest = parse_manifest(path.read_text("utf-8"))
    except CheckpointError as error:
        raise error.inside(str(path)) from error
    except OSError as error:
        raise CheckpointError(
            f"cannot be read: {error.strerror}", where=str(path), todo=AGAIN
        ) from error
    encoder = Encoder(folder, manifest)
    encoder.model()
    return encoder


def is_encoder(folder: str | Path) -> bool:
    """Return whether this is the folder of an imported encoder."""
    return (Path(folder) / MANIFEST).is_file()


def manifest_text(manifest: EncoderManifest) -> str:
    """Return the text of `encoder.json`."""
    values = json.loads(canonical_json(manifest))
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


def parse_manifest(text: str) -> EncoderManifest:
    """Return the card of an encoder, and what was found in it, from the text of `encoder.json`.

    Raises:
        CheckpointError: if it is damaged, or of another schema.
    """
    try:
        schema = json.loads(text)["schema"]
        if schema != SCHEMA:
            raise CheckpointError(
                f"an encoder of schema {schema}", expected=f"schema {SCHEMA}", todo=AGAIN
            )
        return _MANIFEST.validate_json(text)
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"cannot be read as the card of an encoder ({' '.join(str(error).split())[:200]})",
            todo=AGAIN,
        ) from error


def encoders_in(folder: str | Path) -> list[Encoder]:
    """Open the encoders whose folders lie in one folder, by name.

    Raises:
        MissingDataError: if there is no such folder.
        CheckpointError: if one is damaged.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingDataError("no such folder", where=str(folder), expected="a folder of encoders")
    return [load_encoder(path.parent) for path in sorted(folder.glob(f"*/{MANIFEST}"))]


def expect_onnx() -> None:
    """Raise a UsageError if the libraries that run encoders are not installed."""
    expect_packages("an encoder", ("onnx", "onnxruntime"), "onnx")
