"""Import of an ONNX file as an encoder: examined apart, then kept in a folder with its card."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from crosswear.core.child_process import FAILED, NOT_INSTALLED, run_apart
from crosswear.core.errors import CheckpointError, MissingDataError
from crosswear.core.files import expect_absent, expect_writable, new_folder, write_bytes, write_text
from crosswear.core.keys import to_json
from crosswear.encoders import MANIFEST, MODEL, Encoder, expect_onnx, load_encoder, manifest_text
from crosswear.encoders.card import EncoderCard, EncoderManifest, Found

LARGEST = (1 << 31) - 1
"""Bytes of a file: more than protobuf reads."""
_LEAST_S, _BYTES_IN_A_SECOND = 120.0, 1 << 20


def import_encoder(file: str | Path, out: str | Path, card: EncoderCard) -> Encoder:
    """Examine an ONNX file, and keep it with its card in a new folder.

    The file is run on windows of its own length, alone and beside others, and so is its untrained
    control.

    Args:
        file: the ONNX file, with all of its weights.
        out: folder to make.
        card: how windows are made for it, its licence and its origin.

    Raises:
        MissingDataError: if there is no such file.
        UsageError: if `out` exists, or the extra `onnx` is not installed.
        CheckpointError: if the file is damaged, or not what the card says.
        DiskError: if the folder cannot be written.
    """
    file, out = Path(file), Path(out)
    expect_onnx()
    expect_absent(out)
    expect_writable(folder=out)
    if not file.is_file():
        raise MissingDataError("no such file", where=str(file), expected="an ONNX file")
    size = file.stat().st_size
    if not 0 < size <= LARGEST:
        raise CheckpointError(
            f"a file of {size} bytes", where=str(file), expected=f"1 to {LARGEST} bytes"
        )
    found = examine_apart(file, card)
    manifest = manifest_text(EncoderManifest(card, found))
    with new_folder(out) as folder:
        write_bytes(folder / MODEL, file.read_bytes())
        write_text(folder / MANIFEST, manifest)
    return load_encoder(out)


def examine_apart(file: Path, card: EncoderCard) -> Found:
    """Examine a file in a process of its own (`crosswear.encoders.probe`).

    Raises:
        CheckpointError: if it is damaged or not what the card says, crashes the process, or does
            not end.
    """
    timeout_s = _LEAST_S + file.stat().st_size / _BYTES_IN_A_SECOND
    about = json.dumps(to_json(card))
    try:
        done = run_apart("crosswear.encoders.probe", str(file), about, timeout_s=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise CheckpointError(
            f"the network does not end within {error.timeout:.0f} s on a few windows",
            where=str(file),
        ) from error
    printed = done.stdout.strip().splitlines()[-1:]
    if done.returncode == 0 and printed:
        return Found(**json.loads(printed[0]))
    if done.returncode == NOT_INSTALLED:
        expect_onnx()
    if done.returncode == FAILED and printed:
        what, expected, todo = json.loads(printed[0])
        raise CheckpointError(what, where=str(file), expected=expected, todo=todo)
    said = (done.stderr.strip().splitlines() or ["without a reason"])[-1][:200]
    raise CheckpointError(
        f"the network crashes the process that tries it ({done.returncode}: {said})",
        where=str(file),
        expected="a whole ONNX file, and memory enough for it",
        todo="export it again",
    )
