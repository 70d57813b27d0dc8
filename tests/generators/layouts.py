"""The registry of devices and apps: what each writes, and what the guesser must make of it."""

from __future__ import annotations

from collections.abc import Mapping

from generators import exports
from generators.own import BY_NAME, Export, OwnLayout, one_table, parquet_files, time_from
from generators.research_devices import RESEARCH_DEVICES

_AS_PERSON = {"subject": ""}
_HALVES = (("stehen", None, "gehen", "gehen"),)

LAYOUTS: Mapping[str, OwnLayout] = {
    **RESEARCH_DEVICES,
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
        told=time_from("time", "ns", 50, "m/s2") | {"columns.z": "z"},
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
        told=time_from("time", "ns", 50, "g")
        | {"columns.x": "accelerationX", "columns.gravity_x": "gravityX"},
    ),
    "sensorlog": Export(exports.sensorlog, BY_NAME + ".csv", 50, people=("1", "2")).layout(
        (
            "SensorLog, iPhone and Apple Watch",
            "`.csv`",
            "as text; stamps with a zone, g",
            "with user acceleration alone, gravity is added",
        ),
        told=time_from("loggingTime(txt)", "datetime", 50, "g")
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
        told=time_from("Time (s)", "s", 100, "m/s2"),
        asked={"null": ["0"]},
    ),
    "phyphox_comma": Export(
        exports.phyphox_comma, BY_NAME + ".csv", 100, people=("1", "2"), resolution_g=1e-6
    ).layout(
        (
            "phyphox, decimal comma",
            "`.csv`",
            "as text; commas in numbers with an exponent",
            "a spreadsheet that opens and saves it may cut digits",
        ),
        told=time_from("Time (s)", "s", 100, "m/s2") | {"decimal": ",", "separator": ";"},
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
        told=time_from("timestamp", "ms", 50, "m/s2")
        | {"separator": ";", "decimal": ",", "null": [""]},
        asked=_AS_PERSON,
    ),
    "polar": Export(
        exports.polar,
        BY_NAME + ".txt",
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
        told=time_from("sensor timestamp [ns]", "ns", 50, "mg"),
    ),
    "metawear": Export(
        exports.metawear, BY_NAME + ".csv", 50, people=("1", "2"), resolution_g=0.0006
    ).layout(
        ("MetaWear, MetaBase", "`Accelerometer.csv`", "as text; g", "the clock is the phone's"),
        told=time_from("epoc (ms)", "ms", 50, "g") | {"columns.x": "x-axis (g)"},
    ),
    "movella_dot": Export(exports.movella_dot, BY_NAME + ".csv", 60, people=("1", "2")).layout(
        (
            "Movella (Xsens) DOT",
            "`.csv`",
            "as text; microseconds of the device, m/s²",
            "choose a mode with acceleration; free acceleration is without gravity",
        ),
        told=time_from("SampleTimeFine", "us", 60, "m/s2") | {"columns.x": "Acc_X"},
    ),
    "shimmer": Export(exports.shimmer, BY_NAME + ".csv", 51.2, people=("1", "2")).layout(
        (
            "Shimmer3, Consensys",
            "`.csv`",
            "as text; names above a row of units, m/s²",
            "export calibrated data; raw counts have no zero and unit of their own",
        ),
        told=time_from("Shimmer_5E2A_Timestamp_Unix_CAL", "ms", 51.2, "m/s2")
        | {"skip_after_header": 1},
    ),
    "witmotion": Export(exports.witmotion, BY_NAME + ".txt", 50, people=("1", "2")).layout(
        ("WitMotion", "`.txt`", "as text; tabs, g", "stamps are of the receiver"),
        told=time_from("Time", "datetime", 50, "g") | {"columns.x": "AccX(g)", "separator": "\t"},
    ),
    "androsensor": Export(
        exports.androsensor, BY_NAME + ".csv", 50, people=("1", "2"), placement="pocket"
    ).layout(
        (
            "AndroSensor, Android",
            "`.csv`",
            "as text; of acceleration, gravity and linear acceleration, the first",
            "other sensors repeat their last value",
        ),
        told=time_from("Time since start in ms", "ms", 50, "m/s2")
        | {"columns.x": "ACCELEROMETER X (m/s²)", "separator": ";"},
    ),
    "physics_toolbox": Export(
        exports.physics_toolbox, BY_NAME + ".csv", 50, people=("1", "2")
    ).layout(
        (
            "Physics Toolbox, g-force meter",
            "`.csv`",
            "as text; time of day, g",
            "a day begins anew at midnight",
        ),
        told=time_from("time", "time-of-day", 50, "g") | {"columns.x": "gFx"},
    ),
    "excel": Export(
        exports.excel, BY_NAME + ".csv", 50, people=("1", "2"), resolution_g=0.0006
    ).layout(
        (
            "Spreadsheets",
            "`.csv`, `.xlsx`",
            "as text; `.xlsx` with the extra `excel` (openpyxl)",
            "the first sheet is read; a sheet ends after 1,048,576 rows; a saved CSV may have lost "
            "the fractions of seconds",
        ),
        told=time_from("Zeitstempel", "day-first", 50, "mg") | {"decimal": ","},
    ),
    "arduino": Export(
        exports.arduino, BY_NAME + ".csv", 50, people=("1", "2"), resolution_g=0.006
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
        exports.sensor_dump, BY_NAME + ".csv", 50, people=("1", "2"), placement="pocket"
    ).layout(
        (
            "Android apps that write every event",
            "`.csv`",
            "as text; a column says which sensor a row is of, and its value is asked for",
            "each sensor has a rate of its own",
        ),
        told=time_from("timestamp", "ns", 50, "m/s2"),
        asked={"rows.sensor": "accelerometer"},
    ),
    "two_wrists": Export(exports.two_wrists, BY_NAME + ".csv", 50, people=("1", "2")).layout(
        (
            "Several devices side by side",
            "`.csv`, `.parquet`",
            "as text; which columns is asked for",
            "one `dataset.toml` describes one device",
        ),
        told=time_from("time_ms", "ms", 50, "g"),
        asked={"columns.x": "left_acc_x"},
    ),
    "bare": Export(exports.bare, BY_NAME + ".csv", 50, people=("1", "2")).layout(
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
