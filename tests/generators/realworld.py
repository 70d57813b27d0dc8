"""RealWorld: zip archives of an activity each, some with archives of its parts in them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from generators.planted import Planted, movement

HEADER = "id,attr_time,attr_x,attr_y,attr_z\n"
GRAVITY, RATE_HZ = 9.80665, 50.0
PLACEMENTS = ("chest", "forearm", "head", "shin", "thigh", "upperarm", "waist")


def table(rng: np.random.Generator, person: str, activity: str, placement: str) -> tuple:
    """A table and what it holds; the samples are a few milliseconds off an even grid."""
    samples = int(rng.integers(200, 260))
    signal = movement(rng, samples, RATE_HZ)
    jitter = rng.integers(-2, 3, samples)
    stamps = 1_435_991_779_000 + np.arange(samples) * 20 + jitter
    lines = [
        f"{row},{stamp},{','.join(map(str, values))}\n"
        for row, (stamp, values) in enumerate(
            zip(stamps, (signal * GRAVITY).astype(np.float32), strict=True), start=1
        )
    ]
    codes = (activity,) * samples
    time_s = (stamps - stamps[0]) / 1000
    return HEADER + "".join(lines), Planted(person, placement, codes, signal, 1e-6, time_s)


def packed(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
        archive.writestr("readMe", "> entries: 200\n")
    return content.getvalue()


def write(root: Path, rng: np.random.Generator) -> list[Planted]:
    planted: list[Planted] = []

    def tables(
        person: str, activity: str, infix: str = "", without: str | None = None
    ) -> dict[str, bytes]:
        members = {}
        for placement in PLACEMENTS:
            if placement != without:
                text, found = table(rng, person, activity, placement)
                members[f"acc_{activity}{infix}_{placement}.csv"] = text.encode()
                planted.append(found)
        return members

    def put(person: str, activity: str, members: dict[str, bytes]) -> None:
        path = root / person / "data" / f"acc_{activity}_csv.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed(members))
        path.with_name(f"gyr_{activity}_csv.zip").write_bytes(b"")

    put("proband1", "sitting", tables("proband1", "sitting"))
    put("proband1", "walking", tables("proband1", "walking"))
    put("proband2", "climbingup", tables("proband2", "climbingup", without="forearm"))
    parts = {
        f"acc_climbingup_{part}_csv.zip": packed(
            tables("proband4", "climbingup", "" if part == 1 else f"_{part}")
        )
        for part in (1, 2, 3)
    }
    put("proband4", "climbingup", parts)
    put("proband4", "walking", tables("proband4", "walking", "_2"))
    return planted
