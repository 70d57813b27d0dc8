"""Tables as devices and apps export them, one for each recording."""

from __future__ import annotations

import numpy as np

from generators.tables import EPOCH_S, Column, Session, Table

_2000_S = 946_684_800


def time(name: str, session: Session, form: str, unit: str = "") -> Column:
    """Return the column of the time."""
    return Column("time", name, session.time_s, form, unit)


def label(name: str, session: Session) -> Column:
    """Return the column of the label."""
    return Column("label", name, session.codes)


def omgui(session: Session) -> Table:
    """Axivity AX3, resampled by OmGui: date-time, x, y, z without a header."""
    counts = Session(session.person, session.codes, np.round(session.acceleration * 64) / 64,
                     session.time_s)  # fmt: skip
    return Table((time("", session, "iso"), *counts.axes("xyz", form="")), header=False)


def omgui_ax6(session: Session) -> Table:
    """Axivity AX6: seconds since 1970, the gyroscope in °/s, then the acceleration in g."""
    turn, axes = session.turn_rate(("gx", "gy", "gz"), form=".6f"), session.axes("xyz", form=".6f")
    return Table((time("", session, "s since 1970"), *turn, *axes), header=False)


def empatica(session: Session) -> Table:
    """Empatica E4: start and rate above whole counts, 64 of which are one g."""
    above = f"{', '.join([f'{EPOCH_S}.000000'] * 3)}\n{', '.join(['32.000000'] * 3)}\n"
    return Table(session.axes("xyz", 64, ".0f"), 64, above, header=False)


_ACTILIFE = (
    "------------ Data File Created By ActiGraph wGT3X-BT ActiLife v6.13.4 Firmware v1.9.2 "
    "date format M/d/yyyy{} Filter Normal -----------\r\n"
    "Serial Number: MOS2E12345678\r\nStart Time 10:00:00\r\nStart Date 3/1/2024\r\n"
    "Epoch Period (hh:mm:ss) {}\r\nDownload Time 11:00:00\r\nDownload Date 3/2/2024\r\n"
    "Current Memory Address: 0\r\nCurrent Battery Voltage: 4.12     Mode = 12\r\n"
    "--------------------------------------------------\r\n"
)
_ACTIGRAPH_AXES = tuple(f"Accelerometer {axis}" for axis in "XYZ")


def actigraph(session: Session) -> Table:
    """ActiLife, raw: ten lines about the device, names, no time."""
    axes = session.axes(_ACTIGRAPH_AXES, form=".3f")
    return Table(axes, above=_ACTILIFE.format(" at 30 Hz ", "00:00:00"), ending="\r\n")


def actigraph_stamps(session: Session) -> Table:
    """ActiLife, raw with time stamps in the US form."""
    columns = time("Timestamp", session, "us-24"), *session.axes(_ACTIGRAPH_AXES, form=".3f")
    return Table(columns, above=_ACTILIFE.format(" at 50 Hz ", "00:00:00"), ending="\r\n")


def epoch_counts(session: Session) -> Table:
    """ActiLife, epochs: activity counts of each second."""
    rows = len(session.time_s) // 20
    moving = np.abs(session.acceleration[: rows * 20] - session.acceleration.mean(axis=0))
    sums = moving.reshape(rows, 20, 3).sum(axis=1)
    counts = np.rint(np.where(sums < np.median(sums), 0, sums * 30))
    seconds = Session(session.person, session.codes[:rows], counts, np.arange(rows, dtype=float))
    axes = seconds.axes(("Axis1", "Axis2", "Axis3"), form=".0f")
    steps = Column("", "Steps", np.zeros(rows), ".0f")
    columns = Column("", "Date", ["3/1/2024"] * rows), time("Time", seconds, "time of day"), *axes
    return Table((*columns, steps), above=_ACTILIFE.format("", "00:00:01"), ending="\r\n")


def geneactiv(session: Session) -> Table:
    """GENEActiv: lines about the device; time, x, y, z, light, button, temperature, no names."""
    about = ["Device Type,GENEActiv", "Device Model,1.1", "Measurement Frequency,50.0 Hz"]
    about += [f"Calibration Line {i},{i}" for i in range(20)] + [""]
    more = session.noise("lux", 0, 0, ".0f"), session.noise("", 0, 0, ".0f")
    temperature = session.noise("", 27.3, 0.05, ".1f")
    axes = session.axes("xyz")
    columns = time("", session, "colon"), *axes, *more, temperature
    return Table(columns, above="\n".join(about) + "\n", header=False)


def sensor_logger(session: Session) -> Table:
    """Sensor Logger on a phone: nanoseconds, seconds, z before y before x in m/s²."""
    axes = session.axes("xyz", 9.80665, ".6f")[::-1]
    columns = time("time", session, "ns since 1970"), time("seconds_elapsed", session, "s"), *axes
    return Table(columns, 9.80665)


def _apart(session: Session, user: str, gravity: str) -> tuple[Column, ...]:
    """Return acceleration without gravity, then gravity; ``{}`` in the names is the axis."""
    down = session.gravity()
    moved = Session(session.person, session.codes, session.acceleration - down, session.time_s)
    vertical = Session(session.person, session.codes, down, session.time_s)
    parts = ("user", moved, user), ("gravity", vertical, gravity)
    return tuple(
        Column(f"{kind}_{one.role}", one.name, one.values, ".6f")
        for kind, part, name in parts
        for one in part.axes([name.format(axis) for axis in "XYZ"])
    )


def wrist_motion(session: Session) -> Table:
    """Sensor Logger on an Apple Watch: turn rate, gravity and user acceleration in one file."""
    apart = _apart(session, "acceleration{}", "gravity{}")
    turn = session.turn_rate([f"rotationRate{axis}" for axis in "XYZ"], 1.0)
    quaternion = [session.noise(f"quaternion{axis}", 0.5, 0.01) for axis in "WXYZ"]
    begin = time("time", session, "ns since 1970"), time("seconds_elapsed", session, "s")
    axes = [Column(one.role[-1], one.name, one.values, ".6f") for one in apart[:3]]
    return Table((*begin, *turn, *apart[3:], *axes, *quaternion))


def sensorlog(session: Session) -> Table:
    """SensorLog on an Apple Watch: a stamp with a zone, and all that Core Motion has."""
    columns: tuple[Column, ...] = (
        time("loggingTime(txt)", session, "zone"),
        Column("", "loggingSample(N)", np.arange(len(session.time_s)), ".0f"),
        *session.axes([f"accelerometerAcceleration{axis}(G)" for axis in "XYZ"], form=".6f"),
        session.noise("motionYaw(rad)", 0.3, 0.02),
        *session.turn_rate([f"motionRotationRate{axis}(rad/s)" for axis in "XYZ"], 1.0),
        *_apart(session, "motionUserAcceleration{}(G)", "motionGravity{}(G)"),
        Column("", "batteryLevel(R)", np.full(len(session.time_s), 0.83), ".2f"),
    )
    return Table(columns)


def phyphox(session: Session) -> Table:
    """phyphox, "Acceleration (with g)": names with units in quotation marks, |a| beside."""
    names = [f"Acceleration {axis} (m/s^2)" for axis in "xyz"]
    length = np.linalg.norm(session.acceleration, axis=1) * 9.80665
    columns = (
        Column("time", "Time (s)", session.time_s + 0.5, "s"),
        *session.axes(names, 9.80665, ".9e"),
        Column("", "Absolute acceleration (m/s^2)", length, ".9e"),
    )
    return Table((*columns, label("label", session)), 9.80665, quoted=True)


def phyphox_comma(session: Session) -> Table:
    """phyphox, exported with semicolons and decimal commas."""
    table = phyphox(session)
    return Table(table.columns[:-1], table.unit, separator=";", decimal=",", quoted=True)


def phone_app(session: Session) -> Table:
    """Semicolons, decimal commas, a byte-order mark, Windows line ends, labels in a column."""
    columns = (
        time("timestamp", session, "ms since 1970"),
        *session.axes("xyz", 9.80665),
        label("Aktivität", session),
    )
    style = {"separator": ";", "decimal": ",", "ending": "\r\n", "encoding": "utf-8-sig"}
    return Table(columns, 9.80665, **style)  # type: ignore[arg-type]  # texts


def polar(session: Session) -> Table:
    """Polar Sensor Logger: the phone's stamp of a packet, the sensor's of each sample, mg."""
    packet = session.time_s[np.arange(len(session.time_s)) // 36 * 36] + 0.2
    columns = (
        Column("", "Phone timestamp", [one.replace(" ", "T") for one in
                                       Column("time", "", packet, "iso").cells(".", EPOCH_S)]),
        Column("time", "sensor timestamp [ns]", session.time_s - _2000_S, "ns since 1970"),
        *session.axes(("X [mg]", "Y [mg]", "Z [mg]"), 1000, ".0f"),
    )  # fmt: skip
    return Table(columns, 1000, separator=";")


def metawear(session: Session) -> Table:
    """MbientLab MetaBase: milliseconds since 1970, a stamp, seconds, x, y and z in g."""
    columns = (
        time("epoc (ms)", session, "ms since 1970"),
        time("timestamp (+0100)", session, "iso"),
        time("elapsed (s)", session, "s"),
        *session.axes(("x-axis (g)", "y-axis (g)", "z-axis (g)"), form=".3f"),
    )
    return Table(columns)


def movella_dot(session: Session) -> Table:
    """Movella DOT: lines about the device, a counter, microseconds, angles, m/s²."""
    above = (
        "sep=,\nDeviceTag:,Wrist\nFirmwareVersion:,2.0.0\nAppVersion:,v2021.0\nSyncStatus:,Synced\n"
        "OutputRate:,60Hz\nFilterProfile:,General\nMeasurementMode:,Sensor fusion Mode - Extended\n"
        "StartTime:,2026-11-29_16-05-06\n\n"
    )
    columns = (
        Column("", "PacketCounter", np.arange(1, len(session.time_s) + 1), ".0f"),
        Column("time", "SampleTimeFine", session.time_s + 1234.5, "us"),
        *(session.noise(f"Euler_{axis}", 40, 3, ".6f") for axis in "XYZ"),
        *session.axes(("Acc_X", "Acc_Y", "Acc_Z"), 9.80665, ".6f"),
        *session.turn_rate(("Gyr_X", "Gyr_Y", "Gyr_Z")),
    )
    return Table(columns, 9.80665, above)


def shimmer(session: Session) -> Table:
    """Shimmer: a line ``sep=``, names, a row of units, a battery."""
    names = [f"Shimmer_5E2A_Accel_LN_{axis}_CAL" for axis in "XYZ"]
    columns = (
        time("Shimmer_5E2A_Timestamp_Unix_CAL", session, "ms. since 1970", "ms"),
        *session.axes(names, 9.80665, ".6f", "m/(s^2)"),
        Column("", "Shimmer_5E2A_Battery_CAL", session.rng.normal(4139, 3, len(session.time_s)),
               ".2f", "mV"),
    )  # fmt: skip
    return Table(columns, 9.80665, '"sep=\t"\n', "\t", units="row")


def witmotion(session: Session) -> Table:
    """WitMotion: a stamp, the device, g, °/s and angles, with tabs between them."""
    columns = (
        time("Time", session, "iso"),
        Column("", "DeviceName", ["WT901BLE67(d3:8a)"] * len(session.time_s)),
        *session.axes(("AccX(g)", "AccY(g)", "AccZ(g)")),
        *session.turn_rate(("AsX(°/s)", "AsY(°/s)", "AsZ(°/s)")),
        *(session.noise(f"Angle{axis}(°)", 12, 2) for axis in "XYZ"),
        session.noise("Temperature(°C)", 31, 0.1),
    )
    return Table(columns, separator="\t")


def androsensor(session: Session) -> Table:
    """AndroSensor: all sensors of a phone side by side, acceleration with and without gravity."""
    apart = _apart(session, "LINEAR ACCELERATION {} (m/s²)", "GRAVITY {} (m/s²)")
    columns = (
        *session.axes([f"ACCELEROMETER {axis} (m/s²)" for axis in "XYZ"], 9.80665),
        *(
            Column(one.role, one.name, np.asarray(one.values) * 9.80665)
            for one in (*apart[3:], *apart[:3])
        ),
        *session.turn_rate([f"GYROSCOPE {axis} (rad/s)" for axis in "XYZ"], 1.0),
        *session.field([f"MAGNETIC FIELD {axis} (μT)" for axis in "XYZ"]),
        time("Time since start in ms ", session, "ms"),
    )
    return Table(columns, 9.80665, separator=";")


def physics_toolbox(session: Session) -> Table:
    """Physics Toolbox Suite, g-force meter: time of day, g on three axes, and their length."""
    length = np.linalg.norm(session.acceleration, axis=1)
    columns = (
        time("time", session, "time of day"),
        *session.axes(("gFx", "gFy", "gFz")),
        Column("", "TgF", length, ".3f"),
    )
    return Table(columns)


def excel(session: Session) -> Table:
    """A table saved by a spreadsheet in Germany: day first, decimal commas, semicolons."""
    columns = (
        time("Zeitstempel", session, "european"),
        *session.axes(("Beschl_X [mg]", "Beschl_Y [mg]", "Beschl_Z [mg]"), 1000, ".1f"),
    )
    return Table(columns, 1000, separator=";", decimal=",", encoding="utf-8-sig")


def arduino(session: Session) -> Table:
    """An analogue sensor at a converter of 10 bits: counts with 0 g at 512."""
    counts = session.acceleration * 102.4 + 512
    shifted = Session(session.person, session.codes, counts, session.time_s)
    return Table((time("millis", session, "ms"), *shifted.axes("xyz", form=".0f")), 102.4)


def sensor_dump(session: Session) -> Table:
    """An Android app that writes each event of each sensor as it comes."""
    turn = np.stack([one.values for one in session.turn_rate("xyz", 1.0)], axis=1)
    both = np.stack([session.acceleration * 9.80665, turn], axis=1).reshape(-1, 3)
    time_s = np.stack([session.time_s, session.time_s + 0.003], axis=1).reshape(-1)
    every = Session(session.person, (), both, time_s)
    kinds = ["accelerometer", "gyroscope"] * len(session.time_s)
    columns = time("timestamp", every, "ns since 1970"), Column("", "sensor", kinds)
    return Table((*columns, *every.axes("xyz", form=".5f")), 9.80665)


def two_wrists(session: Session) -> Table:
    """Two devices side by side."""
    other = Session(session.person, session.codes, session.acceleration[:, [1, 0, 2]] * [1, -1, 1],
                    session.time_s)  # fmt: skip
    left = session.axes([f"left_acc_{axis}" for axis in "xyz"])
    right = [
        Column(f"second_{one.role}", one.name, one.values)
        for one in other.axes([f"right_acc_{axis}" for axis in "xyz"])
    ]
    return Table((time("time_ms", session, "ms"), *left, *right))


def bare(session: Session) -> Table:
    """Six columns without names or time: acceleration and turn rate."""
    return Table((*session.axes("xyz"), *session.turn_rate(("a", "b", "c"))), header=False)


def day_minutes(session: Session) -> Table:
    """Fitbit, intraday: steps and heart rate of each minute."""
    rows = len(session.time_s) // 20
    minutes = Session(session.person, session.codes[:rows], session.acceleration[:rows],
                      60.0 * np.arange(rows))  # fmt: skip
    steps = Column("", "steps", minutes.rng.integers(0, 90, rows), ".0f")
    return Table(
        (time("ActivityMinute", minutes, "us-12"), steps, minutes.noise("HeartRate", 80, 9))
    )


def without_gravity(session: Session) -> Table:
    """Sensor Logger, Accelerometer.csv: acceleration without gravity."""
    first = session.acceleration - session.acceleration[:1]
    return sensor_logger(Session(session.person, session.codes, first, session.time_s))


def gyroscope_file(session: Session) -> Table:
    """Sensor Logger, Gyroscope.csv: the same columns, with turn rates."""
    turn = np.stack([one.values for one in session.turn_rate("xyz", 1.0)], axis=1)
    return sensor_logger(Session(session.person, session.codes, turn, session.time_s))
