"""The registry of devices and apps: what each writes, and what the guesser must make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators import devices, exports
from generators.own import Binary, Export, OwnLayout, one_table, parquet_files

_BY_NAME = "subject_{person}_{activity}"
_AS_PERSON = {"subject": ""}
_HALVES = (("stehen", None, "gehen", "gehen"),)


def _time(column: str | int, unit: str, rate_hz: float, of_axes: str | float) -> dict[str, Any]:
    return {"columns.time": column, "time_unit": unit, "rate_hz": rate_hz, "unit": of_axes}


LAYOUTS: Mapping[str, OwnLayout] = {
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
        told=_time(0, "datetime", 100, "g") | {"columns.x": 1},
    ),
    "omgui_ax6": Export(exports.omgui_ax6, _BY_NAME + ".csv", 50, people=("4", "5")).layout(
        (
            "Axivity AX6, export",
            "`.csv`",
            "as text; of two times three columns, the one that rests at 1 g",
            "it has no names, and the gyroscope stands before the acceleration: if neither or both "
            "rest at 1 g, the columns are asked for",
        ),
        told=_time(0, "s", 50, "g") | {"columns.x": 4},
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
        _BY_NAME + " RAW.csv",
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
        _BY_NAME + " RAW.csv",
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
        told=_time("Timestamp", "month-first", 50, "g"),
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
    "geneactiv": Export(exports.geneactiv, _BY_NAME + ".csv", 50, people=("1", "2")).layout(
        (
            "GENEActiv, CSV export",
            "`.csv`",
            "as text; stamp with `:` before the milliseconds, x, y, z in g",
            "light, button and temperature beside it are left out",
        ),
        told=_time(0, "datetime", 50, "g") | {"columns.x": 1},
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
    "sensor_logger": Export(
        exports.sensor_logger,
        "{person}/{activity}-2024-01-13_10-44-12/TotalAcceleration.csv",
        50,
        jitter_ms=1,
        people=("user1", "user2"),
        pieces=(("sit",), ("walk",)),
        placement="right_wrist",
        resolution_g=1e-6,
        beside={
            "Gyroscope.csv": exports.gyroscope_file,
            "Accelerometer.csv": exports.without_gravity,
            "Metadata.csv": lambda _: "version,device name,platform\n3,iPhone 12,ios\n",
        },
    ).layout(
        (
            "Sensor Logger, phone",
            "`TotalAcceleration.csv`",
            "as text; nanoseconds since 1970, m/s²",
            "`Accelerometer.csv` is without gravity",
        ),
        told=_time("time", "ns", 50, "m/s2") | {"columns.z": "z"},
    ),
    "wrist_motion": Export(
        exports.wrist_motion, "{person}/{activity}/WristMotion.csv", 50, people=("user1", "user2")
    ).layout(
        (
            "Sensor Logger, Apple Watch",
            "`WristMotion.csv`",
            "as text; gravity and user acceleration in g are added",
            "a phone's files may lie beside it: the placement decides",
        ),
        told=_time("time", "ns", 50, "g")
        | {"columns.x": "accelerationX", "columns.gravity_x": "gravityX"},
    ),
    "sensorlog": Export(exports.sensorlog, _BY_NAME + ".csv", 50, people=("1", "2")).layout(
        (
            "SensorLog, iPhone and Apple Watch",
            "`.csv`",
            "as text; stamps with a zone, g",
            "with user acceleration alone, gravity is added",
        ),
        told=_time("loggingTime(txt)", "datetime", 50, "g")
        | {"columns.y": "accelerometerAccelerationY(G)"},
    ),
    "phyphox": Export(
        exports.phyphox,
        "{person}/Raw Data.csv",
        100,
        1000,
        1,
        people=("proband 1", "proband 2"),
        pieces=(("0", "3", "0", "12"),),
        placement="chest",
        resolution_g=1e-6,
    ).layout(
        (
            "phyphox",
            "`Raw Data.csv`",
            "as text; seconds, m/s², |a| beside",
            'choose "Acceleration (with g)"',
        ),
        told=_time("Time (s)", "s", 100, "m/s2"),
        asked={"null": ["0"]},
    ),
    "phyphox_comma": Export(
        exports.phyphox_comma, _BY_NAME + ".csv", 100, people=("1", "2"), resolution_g=1e-6
    ).layout(
        (
            "phyphox, decimal comma",
            "`.csv`",
            "as text; commas in numbers with an exponent",
            "a spreadsheet that opens and saves it may cut digits",
        ),
        told=_time("Time (s)", "s", 100, "m/s2") | {"decimal": ",", "separator": ";"},
    ),
    "phone_app": Export(
        exports.phone_app,
        "{person}.csv",
        50,
        800,
        people=("Jörg Müller", "Zoë"),
        pieces=_HALVES,
        placement="wrist",
    ).layout(
        (
            "Apps with labels in a column",
            "`.csv`",
            "as text; the label column is found by its name or its words",
            "empty cells mean no activity",
        ),
        told=_time("timestamp", "ms", 50, "m/s2")
        | {"separator": ";", "decimal": ",", "null": [""]},
        asked=_AS_PERSON,
    ),
    "polar": Export(
        exports.polar,
        _BY_NAME + ".txt",
        50,
        people=("1", "2"),
        placement="chest",
        resolution_g=0.0006,
    ).layout(
        (
            "Polar H10 and Verity Sense, Polar Sensor Logger",
            "`ACC.txt`",
            "as text; the sensor's nanoseconds, mg",
            "the phone's stamps are of packets",
        ),
        told=_time("sensor timestamp [ns]", "ns", 50, "mg"),
    ),
    "metawear": Export(
        exports.metawear, _BY_NAME + ".csv", 50, people=("1", "2"), resolution_g=0.0006
    ).layout(
        ("MetaWear, MetaBase", "`Accelerometer.csv`", "as text; g", "the clock is the phone's"),
        told=_time("epoc (ms)", "ms", 50, "g") | {"columns.x": "x-axis (g)"},
    ),
    "movella_dot": Export(exports.movella_dot, _BY_NAME + ".csv", 60, people=("1", "2")).layout(
        (
            "Movella (Xsens) DOT",
            "`.csv`",
            "as text; microseconds of the device, m/s²",
            "choose a mode with acceleration; free acceleration is without gravity",
        ),
        told=_time("SampleTimeFine", "us", 60, "m/s2") | {"columns.x": "Acc_X"},
    ),
    "shimmer": Export(exports.shimmer, _BY_NAME + ".csv", 51.2, people=("1", "2")).layout(
        (
            "Shimmer3, Consensys",
            "`.csv`",
            "as text; names above a row of units, m/s²",
            "export calibrated data; raw counts have no zero and unit of their own",
        ),
        told=_time("Shimmer_5E2A_Timestamp_Unix_CAL", "ms", 51.2, "m/s2")
        | {"skip_after_header": 1},
    ),
    "witmotion": Export(exports.witmotion, _BY_NAME + ".txt", 50, people=("1", "2")).layout(
        ("WitMotion", "`.txt`", "as text; tabs, g", "stamps are of the receiver"),
        told=_time("Time", "datetime", 50, "g") | {"columns.x": "AccX(g)", "separator": "\t"},
    ),
    "androsensor": Export(
        exports.androsensor, _BY_NAME + ".csv", 50, people=("1", "2"), placement="pocket"
    ).layout(
        (
            "AndroSensor, Android",
            "`.csv`",
            "as text; of acceleration, gravity and linear acceleration, the first",
            "other sensors repeat their last value",
        ),
        told=_time("Time since start in ms", "ms", 50, "m/s2")
        | {"columns.x": "ACCELEROMETER X (m/s²)", "separator": ";"},
    ),
    "physics_toolbox": Export(
        exports.physics_toolbox, _BY_NAME + ".csv", 50, people=("1", "2")
    ).layout(
        (
            "Physics Toolbox, g-force meter",
            "`.csv`",
            "as text; time of day, g",
            "a day begins anew at midnight",
        ),
        told=_time("time", "time-of-day", 50, "g") | {"columns.x": "gFx"},
    ),
    "excel": Export(
        exports.excel, _BY_NAME + ".csv", 50, people=("1", "2"), resolution_g=0.0006
    ).layout(
        (
            "Spreadsheets",
            "`.csv`, `.xlsx`",
            "as text; `.xlsx` with the extra `excel` (openpyxl)",
            "the first sheet is read; a sheet ends after 1,048,576 rows; a saved CSV may have lost "
            "the fractions of seconds",
        ),
        told=_time("Zeitstempel", "day-first", 50, "mg") | {"decimal": ","},
    ),
    "arduino": Export(
        exports.arduino, _BY_NAME + ".csv", 50, people=("1", "2"), resolution_g=0.006
    ).layout(
        (
            "Arduino with an analogue sensor",
            "`.csv`",
            "as text; zero and unit are asked for",
            "measure each axis upwards and downwards: zero is the mean, unit half the difference",
        ),
        told={"columns.time": "millis", "time_unit": "ms", "rate_hz": 50},
        asked={"zero": 512, "unit": 102.4},
    ),
    "sensor_dump": Export(
        exports.sensor_dump, _BY_NAME + ".csv", 50, people=("1", "2"), placement="pocket"
    ).layout(
        (
            "Android apps that write every event",
            "`.csv`",
            "as text; a column says which sensor a row is of, and its value is asked for",
            "each sensor has a rate of its own",
        ),
        told=_time("timestamp", "ns", 50, "m/s2"),
        asked={"rows.sensor": "accelerometer"},
    ),
    "two_wrists": Export(exports.two_wrists, _BY_NAME + ".csv", 50, people=("1", "2")).layout(
        (
            "Several devices side by side",
            "`.csv`, `.parquet`",
            "as text; which columns is asked for",
            "one `dataset.toml` describes one device",
        ),
        told=_time("time_ms", "ms", 50, "g"),
        asked={"columns.x": "left_acc_x"},
    ),
    "bare": Export(exports.bare, _BY_NAME + ".csv", 50, people=("1", "2")).layout(
        (
            "Loggers without names or time",
            "`.csv`",
            "as text; the three columns that rest at 1 g, and the rate is asked for",
            "x, y and z are taken in their order",
        ),
        told={"columns.x": 0, "unit": "g"},
        asked={"rate_hz": 50},
    ),
    "one_table": OwnLayout(
        "Tables of everybody",
        "`.csv`",
        "as text; columns of people and sessions divide it",
        "the rows of a person and session must stand together",
        one_table,
        {"columns.subject": "subject", "columns.session": "session", "rate_hz": 25, "unit": "g"},
        {"placement": "wrist"},
    ),
    "parquet_files": OwnLayout(
        "pandas, Parquet",
        "`.parquet`",
        "directly; stamps with a zone, mg",
        "an index that is no column is not read",
        parquet_files,
        {"columns.x": "acc_x", "time_unit": "datetime", "rate_hz": 50, "unit": "mg"},
        {"placement": "left_wrist"},
    ),
    "day_minutes": Export(exports.day_minutes, "{person}_{activity}.csv", 50, 1200).layout(
        (
            "Fitbit, Garmin, Apple Health: exports of steps and heart rate",
            "`.csv`",
            "not at all",
            "these services give no acceleration: record with an app on the watch",
        ),
        refused="none of 4 files looks like a table with three columns of acceleration",
    ),
}
