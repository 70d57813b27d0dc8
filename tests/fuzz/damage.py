"""Ways to damage a folder of recordings; each changes files in place, as its dice fall."""

from __future__ import annotations

import re
import shutil
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet
from scipy.io import savemat

Rng = np.random.Generator
Bytes = Callable[[bytes, Rng], bytes]
Tree = Callable[[Path, Rng], None]

SEPARATORS = (b",", b";", b"\t", b" ", b"  ", b"|", b"")
CELLS = (
    b"", b"NaN", b"nan", b"NA", b"null", b"inf", b"-inf", b"Infinity", b"1e999", b"-1e308",
    b"9" * 400, b"99999999999999999999", b"-1", b"0", b"0x10", b"1_000", b"1,5", b"--1", b"+",
    b"1e300", b"\0",
    b'"', b'"1"', b'"1', b"'", b"\xff\xfe", "١٢".encode(), "−1".encode(), b"1e-320", b"True",
    b"2024-13-40 25:61:61", b"9999-12-31 23:59:59", b"0001-01-01 00:00:00", b"=1+1", b"#", b" 1 ",
)  # fmt: skip
NAMES = ("x", "a b.txt", "Jörg.csv", "..csv", "-rf", "subject109.dat", "S9-ADL9.dat", "data.mat")
NAMES += ("a" * 200, ".hidden", "%s%n.csv", "con", "new\nline.csv", "subject1.csv.bak", "[x].csv")


def _cut(rng: Rng, content: bytes) -> tuple[int, int]:
    first = int(rng.integers(len(content) + 1))
    return first, min(len(content), first + 1 + int(rng.exponential(40)))


def truncated(content: bytes, rng: Rng) -> bytes:
    return content[: int(rng.integers(len(content) + 1))]


def flipped(content: bytes, rng: Rng) -> bytes:
    changed = bytearray(content)
    for place in rng.integers(len(content), size=1 + int(rng.exponential(4))) if content else ():
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def overwritten(content: bytes, rng: Rng) -> bytes:
    first, last = _cut(rng, content)
    filling = rng.choice([b"\0", b"\xff", b"9", b"\n", b" "]) * (last - first)
    noise = rng.bytes(last - first)
    return content[:first] + (noise if rng.random() < 0.5 else bytes(filling)) + content[last:]


def inserted(content: bytes, rng: Rng) -> bytes:
    first, last = _cut(rng, content)
    return content[:first] + rng.bytes(last - first) + content[first:]


def deleted(content: bytes, rng: Rng) -> bytes:
    first, last = _cut(rng, content)
    return content[:first] + content[last:]


def doubled(content: bytes, rng: Rng) -> bytes:
    first, last = sorted(rng.integers(len(content) + 1, size=2).tolist())
    return content[:last] + content[first:last] * int(rng.integers(1, 4)) + content[last:]


def zeroed(content: bytes, rng: Rng) -> bytes:
    return bytes(len(content))


def emptied(content: bytes, rng: Rng) -> bytes:
    return b""


def garbage(content: bytes, rng: Rng) -> bytes:
    return rng.bytes(int(rng.integers(1, 5000)))


def with_start(start: bytes, content: bytes, rng: Rng) -> bytes:
    return start + content


def utf16(content: bytes, rng: Rng) -> bytes:
    return content.decode("latin-1").encode("utf-16")


def replaced(old: bytes, new: bytes, content: bytes, rng: Rng) -> bytes:
    return content.replace(old, new)


def lines_shuffled(content: bytes, rng: Rng) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[place] for place in rng.permutation(len(lines)))


def lines_reversed(content: bytes, rng: Rng) -> bytes:
    return b"".join(reversed(content.splitlines(keepends=True)))


def line_repeated(content: bytes, rng: Rng) -> bytes:
    lines = content.splitlines(keepends=True)
    place = int(rng.integers(len(lines) + 1))
    return b"".join(
        lines[:place] + lines[place : place + 1] * int(rng.integers(1, 4)) + lines[place:]
    )


def line_deleted(content: bytes, rng: Rng) -> bytes:
    lines = content.splitlines(keepends=True)
    if lines:
        del lines[0 if rng.random() < 0.3 else int(rng.integers(len(lines)))]
    return b"".join(lines)


def one_line(content: bytes, rng: Rng) -> bytes:
    """No line end for a megabyte and more."""
    flat = content.replace(b"\r", b"").replace(b"\n", b"")
    return flat * (1 + 2_000_000 // max(len(flat), 1))


def separator_of(content: bytes) -> bytes:
    line = next((line for line in content.split(b"\n") if line.strip()), b"")
    return max(SEPARATORS[:4], key=line.count)


def separator_swapped(content: bytes, rng: Rng) -> bytes:
    return content.replace(separator_of(content), SEPARATORS[int(rng.integers(len(SEPARATORS)))])


def cells_changed(content: bytes, rng: Rng) -> bytes:
    """One or a few cells, or the same column of many lines, become something else."""
    separator = separator_of(content)
    lines = content.split(b"\n")
    many = rng.random() < 0.3
    column, cell = int(rng.integers(60)), CELLS[int(rng.integers(len(CELLS)))]
    chosen = range(len(lines)) if many else rng.integers(len(lines), size=int(rng.integers(1, 4)))
    for place in chosen:
        cells = lines[place].split(separator)
        if lines[place].strip():
            if not many:
                column = int(rng.integers(len(cells)))
            cells[column % len(cells)] = cell
            lines[place] = separator.join(cells)
    return b"\n".join(lines)


def column_changed(content: bytes, rng: Rng) -> bytes:
    """A column is taken away, repeated or moved, in every line or from some line on."""
    separator = separator_of(content)
    lines = content.split(b"\n")
    first = 0 if rng.random() < 0.7 else int(rng.integers(len(lines)))
    column, how = int(rng.integers(60)), int(rng.integers(3))
    for place in range(first, len(lines)):
        cells = lines[place].split(separator)
        if lines[place].strip():
            cell = cells.pop(column % len(cells))
            if how:
                cells[0:0] = [cell] * how
            lines[place] = separator.join(cells)
    return b"\n".join(lines)


def numbers_changed(content: bytes, rng: Rng) -> bytes:
    """A few numbers, wherever they stand, become other ones: times, labels, settings."""
    found = list(re.finditer(rb"\d+(\.\d+)?", content[:200_000]))
    if not found:
        return content
    one = found[int(rng.integers(len(found)))]
    value = float(one[0][:300]) * float(rng.choice([-1, 0, 0.001, 0.5, 2, 10, 1000, 1e9, 1e300]))
    new = (f"{value:.17g}" if rng.random() < 0.7 else f"{value:.0f}").encode()
    if rng.random() < 0.3:
        return content.replace(one[0], new)
    return content[: one.start()] + new + content[one.end() :]


def inside_compressed(content: bytes, rng: Rng) -> bytes:
    """A MATLAB file whose checksums are right and whose matrices are not."""
    parts, at = [content[:128]], 128
    while at + 8 <= len(content):
        _, size = struct.unpack_from("<II", content, at)
        try:
            inner = zlib.decompress(content[at + 8 : at + 8 + size])
        except zlib.error:  # damaged already
            return flipped(content, rng)
        # The first bytes say what the matrix is.
        head = min(len(inner), 80)
        packed = zlib.compress(flipped(inner[:head], rng) + inner[head:], 1)
        parts.append(struct.pack("<II", 15, len(packed)) + packed)
        at += 8 + size
    return b"".join(parts)


GENERAL: Sequence[Bytes] = (
    truncated, flipped, flipped, overwritten, inserted, deleted, doubled, zeroed, emptied, garbage,
)  # fmt: skip
TEXT: Sequence[Bytes] = (
    cells_changed, cells_changed, cells_changed, cells_changed, column_changed, column_changed,
    numbers_changed, numbers_changed, numbers_changed, lines_shuffled, lines_reversed,
    line_repeated, line_deleted, one_line, separator_swapped, utf16,
    *(partial(with_start, start) for start in (b"\xef\xbb\xbf", b"\n\n", b"#\n")),
    *(partial(replaced, b"\n", end) for end in (b"\r\n", b"\r", b"\n\n", b"\0")),
    partial(replaced, b".", b","), partial(replaced, b"e", b"\xc3"),
    partial(replaced, b"1", b"1e200"), partial(replaced, b"0", b""),
)  # fmt: skip


def damage_file(path: Path, rng: Rng) -> str:
    """Damage a file in one or two ways; returns what was done."""
    content = path.read_bytes()
    is_binary = path.suffix in (".mat", ".parquet")
    ways = [*GENERAL] if is_binary else [*GENERAL, *TEXT, *TEXT]
    if path.suffix == ".mat":
        ways += [inside_compressed] * len(GENERAL)
    done = []
    for _ in range(1 + int(rng.random() < 0.2)):
        way = ways[int(rng.integers(len(ways)))]
        content = way(content, rng)
        done.append(str(getattr(way, "__name__", None) or getattr(way, "args", way)))
    path.unlink()  # other cases share the file
    path.write_bytes(content)
    return " and ".join(done)


def renamed(root: Path, path: Path, rng: Rng) -> None:
    target = path.with_name(NAMES[int(rng.integers(len(NAMES)))])
    if rng.random() < 0.3:
        target = root / target.name
    path.replace(target) if rng.random() < 0.5 else shutil.copy(path, target)


def removed(root: Path, path: Path, rng: Rng) -> None:
    path.unlink()


def folder_removed(root: Path, path: Path, rng: Rng) -> None:
    shutil.rmtree(path.parent if path.parent != root else root)


def folder_in_place(root: Path, path: Path, rng: Rng) -> None:
    path.unlink()
    path.mkdir()


def link_in_place(root: Path, path: Path, rng: Rng) -> None:
    path.unlink()
    path.symlink_to(rng.choice([path.name, "nowhere", str(root), "/dev/null"]))


def twice(root: Path, path: Path, rng: Rng) -> None:
    shutil.copytree(root, root.parent / "copy")
    shutil.move(root.parent / "copy", root / "again")


def deeper(root: Path, path: Path, rng: Rng) -> None:
    moved = root.parent / "moved"
    root.rename(moved)
    target = root.joinpath(*["d"] * int(rng.integers(1, 6)))
    target.parent.mkdir(parents=True)
    moved.rename(target)


TREES: Sequence[Callable[[Path, Path, Rng], None]] = (
    renamed, renamed, removed, folder_removed, folder_in_place, link_in_place, twice, deeper,
)  # fmt: skip


def damage_tree(root: Path, rng: Rng) -> str:
    """Rename, remove or replace a file or folder; returns what was done."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    way = TREES[int(rng.integers(len(TREES)))]
    way(root, files[int(rng.integers(len(files)))], rng)
    return way.__name__


def replace_matrix(path: Path, rng: Rng) -> str:
    """Another kind of variable under the names that the reader wants."""
    kinds: dict[str, object] = {
        "text": "text", "cells": np.array([1, "a"], object), "struct": {"a": 1},
        "complex": np.ones((3, 71), complex), "empty": np.zeros((0, 71)), "row": np.arange(5.0),
        "cube": np.zeros((2, 3, 4)), "whole": np.ones((5, 71), np.uint8), "huge": [[1e300] * 15],
        "NaN": [[np.nan] * 71], "infinite": [[np.inf] * 15], "true": np.array([[True]]),
    }  # fmt: skip
    kind = sorted([*kinds, "bomb"])[int(rng.integers(len(kinds) + 1))]
    names = ["data", "labels", "right_classall_clean", "left_classall_clean"]
    path.unlink()
    if kind == "bomb":
        path.write_bytes(matrix_bomb(names[int(rng.integers(len(names)))]))
    else:
        compressed = bool(rng.random() < 0.5)
        savemat(path, dict.fromkeys(names, kinds[kind]), do_compression=compressed)
    return f"matrix: {kind}"


def matrix_bomb(name: str, gigabytes: float = 1.8) -> bytes:
    """A MATLAB file of some megabytes with a matrix of zeros that is a thousandfold."""
    columns = {"data": 15, "labels": 1}.get(name, 71)
    rows = int(gigabytes * 2**30 / 8 / columns)
    numbers = 8 * rows * columns
    head = struct.pack("<IIIIII", 6, 8, 6, 0, 5, 8) + struct.pack("<ii", rows, columns)
    head += struct.pack("<II", 1, len(name)) + name.encode() + bytes(-len(name) % 8)
    head += struct.pack("<II", 9, numbers)
    head = struct.pack("<II", 14, len(head) + numbers) + head
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(bytes(2**20)) + deflate.flush(zlib.Z_FULL_FLUSH)
    end = deflate.compress(bytes(numbers % 2**20)) + deflate.flush()
    # Zeros leave the first sum of Adler-32 as it is, and add it to the second.
    sum_ = zlib.adler32(head)
    sum_ = ((sum_ >> 16) + numbers * (sum_ & 0xFFFF)) % 65521 << 16 | sum_ & 0xFFFF
    packed = b"\x78\xda" + start + block * (numbers // 2**20) + end + struct.pack(">I", sum_)
    return b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 15, len(packed)) + packed


def replace_table(path: Path, rng: Rng) -> str:
    """A Parquet file in which a column is of another kind, or more rows than there can be."""
    table = parquet.read_table(path)
    rows = table.num_rows
    kinds = {
        "text": pa.array(["1.5"] * rows), "lists": pa.array([[1.0]] * rows),
        "structs": pa.array([{"a": 1}] * rows), "nothing": pa.nulls(rows),
        "times": pa.array([2**62] * rows, pa.timestamp("ms")), "whole": pa.array([2**62] * rows),
        "dates": pa.array([1] * rows, pa.date32()), "true": pa.array([True] * rows),
        "decimals": pa.array([Decimal("1.25")] * rows), "bytes": pa.array([b"\xff"] * rows),
        "infinite": pa.array([float("inf")] * rows), "huge": pa.array([1e308] * rows),
    }  # fmt: skip
    kind = sorted(kinds)[int(rng.integers(len(kinds)))]
    column = int(rng.integers(table.num_columns))
    table = table.set_column(column, table.column_names[column], kinds[kind])
    path.unlink()
    parquet.write_table(table if rng.random() < 0.9 else table.slice(0, 0), path)
    return f"column {column}: {kind}"


def packed(root: Path, archive: Path, rng: Rng) -> str:
    """Put the folder into an archive in its place, with members that do not belong there."""
    done = "sound"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        prefix = "" if rng.random() < 0.5 else "folder/"
        for path in sorted(root.rglob("*")):
            if path.is_file():
                target.write(path, prefix + path.relative_to(root).as_posix())
        if rng.random() < 0.3:
            name, content = path.name, b"x" * 100
            evil = zipfile.ZipInfo(name)
            done = str(rng.choice(["out", "absolute", "link", "again", "bomb", "drive", "control"]))
            if done == "link":
                evil.external_attr = (stat.S_IFLNK | 0o777) << 16
                content = b"/etc/passwd"
            if done == "bomb":
                content = bytes(5_000_000)
            evil.filename = {
                "out": f"../{name}", "absolute": f"/{name}", "drive": f"C:\\{name}",
                "again": prefix + path.relative_to(root).as_posix(), "control": f"\x1b[2J{name}",
            }.get(done, name)  # fmt: skip
            evil.compress_type = zipfile.ZIP_DEFLATED
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a name comes twice is meant
                target.writestr(evil, content)
    shutil.rmtree(root)
    if rng.random() < 0.15:
        inner = archive.with_name("inner.zip")
        archive.rename(inner)
        with zipfile.ZipFile(archive, "w") as target:
            target.write(inner, "inner.zip")
        inner.unlink()
        done += ", in an archive"
    if rng.random() < 0.7:
        content = archive.read_bytes()
        if rng.random() < 0.6:  # the directory at its end, and what it says of each member
            tail = max(len(content) - 600, 0)
            content = content[:tail] + flipped(content[tail:], rng)
            done += ", directory flipped"
        else:
            way = GENERAL[int(rng.integers(len(GENERAL)))]
            content = way(content, rng)
            done += f", {way.__name__}"
        archive.write_bytes(content)
    return f"archive: {done}"
