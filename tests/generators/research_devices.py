"""The layouts of devices made for research, a part of the registry."""

from __future__ import annotations

from collections.abc import Mapping

from generators import devices, exports
from generators.own import BY_NAME, Binary, Export, OwnLayout, time_from

RESEARCH_DEVICES: Mapping[str, OwnLayout] = {
    "cwa": Binary(lambda path, a: devices.write_cwa(path, a, 100), ".cwa", 100, 1200).layout(
        (
            "Axivity AX3, AX6",
            "`.cwa`",
            "extra `devices` (scikit-digital-health)",
            "every block must be whole and follow the one before it; a file in which the device "
            "was started anew is refused; of an AX6, the gyroscope is left out",
        )
    ),
    "omgui": Export(
        exports.omgui,
        "{activity}/{person}.csv",
        100,
        900,
        1,
        pieces=(("Gehen auf Treppen (walking)",), ("sitting",)),
        resolution_g=1 / 128,
    ).layout(
        ("Axivity AX3, OmGui export", "`.csv`", "as text; stamp, x, y, z in g", "it has no names"),
        told=time_from(0, "datetime", 100, "g") | {"columns.x": 1},
    ),
    "omgui_ax6": Export(exports.omgui_ax6, BY_NAME + ".csv", 50, people=("4", "5")).layout(
        (
            "Axivity AX6, export",
            "`.csv`",
            "as text; of two times three columns, the one that rests at 1 g",
            "it has no names, and the gyroscope stands before the acceleration: if neither or both "
            "rest at 1 g, the columns are asked for",
        ),
        told=time_from(0, "s", 50, "g") | {"columns.x": 4},
    ),
    "gt3x": Binary(devices.write_gt3x, ".gt3x", 30, 600).layout(
        (
            "ActiGraph GT3X+, wGT3X-BT, GT9X",
            "`.gt3x`",
            "directly ([format](https://github.com/actigraph/GT3X-File-Format))",
            'seconds in which the device slept ("idle sleep mode") are gaps; firmware before 3.0 '
            "(`activity.bin`) is refused; the second accelerometer of a GT9X is left out",
        )
    ),
    "actigraph": Export(
        exports.actigraph,
        BY_NAME + " RAW.csv",
        30,
        people=("12", "7"),
        pieces=(("running",), ("standing",)),
        placement="hip",
        resolution_g=0.0006,
    ).layout(
        (
            "ActiGraph, ActiLife export",
            "`RAW.csv`",
            "as text; the rate is above the numbers",
            "choose the raw export, without epochs",
        ),
        told={"skip_lines": 10, "columns.x": "Accelerometer X", "rate_hz": 30, "unit": "g"},
    ),
    "actigraph_stamps": Export(
        exports.actigraph_stamps,
        BY_NAME + " RAW.csv",
        50,
        people=("12", "7"),
        resolution_g=0.0006,
    ).layout(
        (
            "ActiGraph, ActiLife export with time stamps",
            "`RAW.csv`",
            "as text; the month or the day first, as the computer was set",
            "up to the 12th of a month, the order is asked for: `time_unit`",
        ),
        told=time_from("Timestamp", "month-first", 50, "g"),
    ),
    "epoch_counts": Export(exports.epoch_counts, "{person}_{activity}10sec.csv", 40, 1200).layout(
        (
            "ActiGraph, ActiLife export of epochs",
            "`.csv`",
            "not at all",
            "counts of epochs are not acceleration: export the raw data",
        ),
        refused="activity counts of epochs",
    ),
    "geneactiv_bin": Binary(devices.write_geneactiv, ".bin", 100, 900).layout(
        (
            "GENEActiv",
            "`.bin`",
            "extra `devices` (scikit-digital-health)",
            "it has no checksums: only missing and cut pages are noticed",
        )
    ),
    "geneactiv": Export(exports.geneactiv, BY_NAME + ".csv", 50, people=("1", "2")).layout(
        (
            "GENEActiv, CSV export",
            "`.csv`",
            "as text; stamp with `:` before the milliseconds, x, y, z in g",
            "light, button and temperature beside it are left out",
        ),
        told=time_from(0, "datetime", 50, "g") | {"columns.x": 1},
    ),
    "embrace": Binary(devices.write_empatica, ".avro", 64, 640, 1 / 4096).layout(
        (
            "Empatica EmbracePlus",
            "`.avro`",
            "extra `devices` (avro)",
            "a file holds some minutes, each a recording of its own; it has no checksums: only cut "
            "and foreign files are noticed",
        )
    ),
    "empatica": Export(
        exports.empatica,
        "{person}/{activity}/ACC.csv",
        32,
        400,
        people=("S01", "S02"),
        pieces=(("resting",), ("walking",)),
        placement="wrist",
        resolution_g=1 / 128,
        beside={
            "HR.csv": lambda _: f"{exports.EPOCH_S}.000000\n1.000000\n" + "71.50\n" * 12,
            "IBI.csv": lambda _: f"{exports.EPOCH_S}.000000, IBI\n" + "3.1,0.85\n" * 12,
        },
    ).layout(
        (
            "Empatica E4",
            "`ACC.csv`",
            "as text; start and rate are in its first lines, 64 counts are one g",
            "the time of the start is not kept",
        ),
        told={
            "files": ["*/*/ACC.csv"],
            "skip_lines": 2,
            "columns.x": 0,
            "rate_hz": 32,
            "unit": 64,
        },
    ),
}
