"""Changes to the tables of the registry, as other apps, languages and people would write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from generators.tables import EPOCH_S, STAMPS, Column, Session, Table

Rng = np.random.Generator
Change = Callable[[Rng, Session, Table], Table]

# Names by language: time, acceleration, turn rate, magnetic field, gravity, label, others.
NAMES: Mapping[str, Sequence[str]] = {
    "English": ("time", "acc_{}", "gyro_{}", "mag_{}", "gravity_{}", "user_acc_{}", "activity"),
    "brief": ("t", "a{}", "g{}", "m{}", "grav_{}", "lin_acc_{}", "y"),
    "letters": ("t", "{}", "r{}", "b{}", "d{}", "linacc_{}", "class"),
    "German": (
        "Zeit",
        "Beschleunigung {}",
        "Drehrate {}",
        "Magnetfeld {}",
        "Schwerkraft {}",
        "lineare Beschleunigung {}",
        "Tätigkeit",
    ),
    "German, brief": (
        "Zeitstempel",
        "Beschl_{}",
        "Winkelgeschw_{}",
        "Mag_{}",
        "Schwere_{}",
        "LinBeschl_{}",
        "Klasse",
    ),
    "French": (
        "temps",
        "accélération_{}",
        "vitesse_angulaire_{}",
        "champ_{}",
        "pesanteur_{}",
        "accélération_linéaire_{}",
        "activité",
    ),
    "Spanish": (
        "tiempo",
        "aceleración_{}",
        "giroscopio_{}",
        "campo_{}",
        "gravedad_{}",
        "aceleración_lineal_{}",
        "actividad",
    ),
    "Italian": (
        "tempo",
        "accelerazione_{}",
        "velocità_angolare_{}",
        "campo_{}",
        "gravità_{}",
        "accelerazione_lineare_{}",
        "attività",
    ),
    "Japanese": ("時刻", "加速度{}", "角速度{}", "地磁気{}", "重力{}", "線形加速度{}", "行動"),
    "Chinese": (
        "时间",
        "{}轴加速度",
        "{}轴角速度",
        "{}轴磁场",
        "{}轴重力",
        "{}轴线性加速度",
        "活动",
    ),
    "Russian": (
        "время",
        "ускорение_{}",
        "угловая_скорость_{}",
        "магн_{}",
        "гравитация_{}",
        "линейное_ускорение_{}",
        "активность",
    ),
    "Korean": ("시간", "가속도_{}", "각속도_{}", "자기장_{}", "중력_{}", "선형_가속도_{}", "행동"),
    "Polish": (
        "czas",
        "przyspieszenie_{}",
        "żyroskop_{}",
        "pole_{}",
        "grawitacja_{}",
        "przyspieszenie_liniowe_{}",
        "czynność",
    ),
    "numbers": ("c0", "s1_{}", "s2_{}", "s3_{}", "s4_{}", "s5_{}", "c9"),
    "words": ("t", "sensor {}", "other {}", "third {}", "fourth {}", "fifth {}", "code"),
}
CRYPTIC = (("ch1", "ch2", "ch3"), ("a", "b", "c"), ("vertical", "lateral", "sagittal"))
UNITS: Mapping[str, tuple[float, Sequence[str]]] = {
    "g": (1.0, ("g", "G", "g's")),
    "mg": (1000.0, ("mg", "milli-g")),
    "m/s2": (9.80665, ("m/s²", "m/s^2", "m/s2", "ms-2", "m/(s^2)")),
    "counts": (256.0, ("counts", "LSB", "raw")),
}
_UNIT_IN_NAME = re.compile(r"\s*[\[(][^\])]*[\])]$")
_IN_G = ("", "gravity", "user", "second")
_FAMILY = re.compile(r"_?[xyz]$")


def _family(column: Column) -> str:
    return _FAMILY.sub("", column.role) if column.role else f"other {id(column)}"


def _mapped(table: Table, change: Callable[[Column], Column]) -> Table:
    return replace(table, columns=tuple(map(change, table.columns)))


def permuted(rng: Rng, _: Session, table: Table) -> Table:
    """Columns in another order; those of one sensor stay together where there are no names."""
    if table.header:
        order = rng.permutation(len(table.columns))
        return replace(table, columns=tuple(table.columns[i] for i in order))
    mixed = [table.columns[i] for i in rng.permutation(len(table.columns))]
    return _together(replace(table, columns=tuple(mixed)))


def renamed(rng: Rng, _: Session, table: Table) -> Table:
    """All names in one language, in lower or upper case, with the unit or without."""
    names = NAMES[str(rng.choice(list(NAMES)))]
    upper, times = bool(rng.integers(2)), iter(range(9))
    places = {"": 1, "second": 1, "user": 5, "gyro": 2, "field": 3, "gravity": 4}

    def change(column: Column) -> Column:
        if column.role in ("time", "label"):
            name = names[0 if column.role == "time" else 6]
            number = next(times) if column.role == "time" else 0
            return replace(column, name=f"{name}{number or ''}")
        if column.role[-1:] in ("x", "y", "z"):
            axis = column.role[-1]
            name = names[places[_FAMILY.sub("", column.role)]]
            more = " 2" if column.role.startswith("second") else ""
            return replace(column, name=name.format(axis.upper() if upper else axis) + more)
        return column

    return _mapped(table, change)


def cryptic(rng: Rng, _: Session, table: Table) -> Table:
    """Axes under names that say nothing."""
    names = CRYPTIC[rng.integers(len(CRYPTIC))]
    if any(one.role.startswith("second") for one in table.columns):
        return table
    by_role = dict(zip("xyz", names, strict=True))
    return _mapped(table, lambda one: replace(one, name=by_role.get(one.role, one.name)))


def _in_unit(table: Table, one_g: float, text: str) -> Table:
    factor = one_g / table.unit

    def change(column: Column) -> Column:
        name = _UNIT_IN_NAME.sub("", column.name)
        if _FAMILY.sub("", column.role) in _IN_G and column.role:
            values = np.asarray(column.values) * factor
            form = ".0f" if one_g >= 100 and text in ("counts", "LSB", "raw", "mg") else ".5g"
            return replace(column, name=name, values=values, form=form, unit=text)
        return column

    return replace(_mapped(table, change), unit=one_g)


def unit_said(rng: Rng, _: Session, table: Table) -> Table:
    """Another unit, which the names or a row of units state."""
    one_g, texts = UNITS[str(rng.choice(list(UNITS)))]
    changed = _in_unit(table, one_g, str(rng.choice(texts)))
    return replace(changed, units=str(rng.choice([" ({})", "_[{}]", " [{}]", "row"])))


def unit_unsaid(rng: Rng, _: Session, table: Table) -> Table:
    """Another unit, or counts of some converter, and no word of it."""
    factors = (1, 1000, 9.80665, 980.665, 64, 256, 1024, 2048, 4096, 8192, 16384, 83, 340, 67, 0.5,
               2, 4, 12, 60, 70, 110, 290, 700, 1300, 7.5, 12.5, 0.75, 1.3, 0.102)  # fmt: skip
    one_g = float(rng.choice(factors))
    return _in_unit(table, one_g, "raw" if one_g >= 60 and one_g % 1 == 0 else "")


def unit_wrong(rng: Rng, _: Session, table: Table) -> Table:
    """A unit in the names that is not that of the numbers."""
    wrong = str(rng.choice(["g", "mg", "m/s²"]))
    changed = _mapped(
        table,
        lambda one: (
            replace(one, name=_UNIT_IN_NAME.sub("", one.name), unit=wrong)
            if one.role in ("x", "y", "z")
            else one
        ),
    )
    return replace(changed, units=" ({})")


def without_header(_: Rng, __: Session, table: Table) -> Table:
    """No names; x before y before z, since nothing else says so."""
    return _together(replace(table, header=False))


_EXTRA = (
    ("battery", 4139.0, 3.0), ("Akku", 3.9, 0.002), ("temperature", 31.2, 0.1), ("HR", 72.0, 2.0),
    ("noise", 0.0, 1.0), ("noise_x", 0.0, 0.5), ("status", 0.0, 0.0), ("quality", 1.0, 0.0),
    ("level", 83.0, 0.0), ("x2", 0.0, 1.0), ("lux", 120.0, 30.0), ("pressure", 1013.2, 0.05),
    ("w", 0.98, 0.01), ("電池", 3700.0, 2.0), ("n", 1.0, 0.001), ("code", 7.0, 0.0),
)  # fmt: skip


def extras(rng: Rng, session: Session, table: Table) -> Table:
    """Still, noisy and counting columns anywhere; between axes only where there are names."""
    columns = list(table.columns)
    for _ in range(rng.integers(1, 4)):
        if rng.random() < 0.3:
            values = np.arange(len(np.asarray(columns[0].values))) + rng.integers(0, 5000)
            name = str(rng.choice(["counter", "Zähler", "n", "sample", "帧", "Nr.", "id"]))
            extra = Column("", name, values.astype(float), ".0f")
        else:
            name, mean, deviation = _EXTRA[rng.integers(len(_EXTRA))]
            values = rng.normal(mean, deviation, len(columns[0].values))
            extra = Column("", name, values, str(rng.choice([".2f", ".4f"])))
        if any(one.name == extra.name for one in columns):
            continue
        columns.insert(int(rng.integers(len(columns) + 1)), extra)
    return _together(replace(table, columns=tuple(columns)))


def _together(table: Table) -> Table:
    """Move the columns of each sensor next to each other where there are no names."""
    if table.header:
        return table
    families: dict[str, list[Column]] = {}
    for column in table.columns:
        families.setdefault(_family(column), []).append(column)
    groups = [sorted(group, key=lambda one: one.role) for group in families.values()]
    return replace(table, columns=tuple(column for group in groups for column in group))


def gyroscope_first(rng: Rng, session: Session, table: Table) -> Table:
    """A gyroscope before all other columns."""
    if any(one.role.startswith("gyro") for one in table.columns) or len(session.time_s) != len(
        table.columns[0].values
    ):
        return table
    prefix = str(
        rng.choice(["gyro_{}", "w{}", "rot {}", "omega_{}", "{}_gyr", "Drehrate {}", "v{}"])
    )
    one = float(rng.choice([1.0, 57.3, 1000.0]))
    return replace(
        table,
        columns=(*session.turn_rate([prefix.format(axis) for axis in "xyz"], one), *table.columns),
    )


def magnetometer(rng: Rng, session: Session, table: Table) -> Table:
    """A magnetometer, of which each reading may have length 1, as a sensor at rest in g."""
    if any(one.role.startswith("field") for one in table.columns) or len(session.time_s) != len(
        table.columns[0].values
    ):
        return table
    prefix = str(rng.choice(["mag_{}", "m{}", "{}_mag", "magn {}", "B{}", "k{}"]))
    one = float(rng.choice([1.0, 48.0, 0.48, 480.0]))
    new = session.field([prefix.format(axis) for axis in "xyz"], one)
    columns = (*new, *table.columns) if rng.integers(2) else (*table.columns, *new)
    return replace(table, columns=columns)


def second_sensor(rng: Rng, session: Session, table: Table) -> Table:
    """A second accelerometer, at another place, under names of the same kind."""
    if len(session.time_s) != len(table.columns[0].values):
        return table
    axes = [one for one in table.columns if one.role in ("x", "y", "z")]
    other = [np.asarray(axes[i].values) for i in (1, 0, 2)]
    sides = (("l_", "r_"), ("1_", "2_"), ("wrist ", "ankle "))[rng.integers(3)]
    second = tuple(
        Column("second_" + axis, sides[1] + f"a{axis}", values + 0.01, axes[0].form, axes[0].unit)
        for axis, values in zip("xyz", other, strict=True)
    )
    named = _mapped(
        table,
        lambda one: replace(one, name=f"{sides[0]}a{one.role}") if one in axes else one,
    )
    return replace(named, columns=(*named.columns, *second))


def timed(rng: Rng, session: Session, table: Table) -> Table:
    """Another form of the time, another start, or no time."""
    forms = [*STAMPS, "s", "ms", "us", "ns", "s since 1970", "ms since 1970", "us since 1970",
             "ns since 1970", "none", "days", "minutes"]  # fmt: skip
    form = str(rng.choice(forms))
    start_s = EPOCH_S + float(rng.choice([0, 35_680, 432_000, 86_400 * 200.3]))
    kept = [one for one in table.columns if one.role != "time"]
    times = [one for one in table.columns if one.role == "time"]
    if form == "none" or not times:
        return replace(table, columns=tuple(kept)) if len(kept) >= 3 else table
    first = times[0]
    if form in ("days", "minutes"):
        scale = 86_400 if form == "days" else 60
        values = np.asarray(first.values) / scale + (46_355.6 if form == "days" else 0)
        new = Column("", "Zeit" if rng.integers(2) else f"time_{form}", values, ".9f")
    else:
        new = replace(first, form=form, name=_UNIT_IN_NAME.sub("", first.name))
    at = table.columns.index(first)
    before = [one for one in table.columns[:at] if one.role != "time"]
    after = [one for one in table.columns[at:] if one.role != "time"]
    return replace(table, columns=(*before, new, *after), start_s=start_s)


def in_packets(rng: Rng, _: Session, table: Table) -> Table:
    """Stamps of packets: equal for several rows."""
    size = int(rng.choice([5, 10, 32]))

    def change(column: Column) -> Column:
        if column.role != "time":
            return column
        values = np.asarray(column.values)
        return replace(column, values=values[np.arange(len(values)) // size * size])

    return _mapped(table, change)


def commas(_: Rng, __: Session, table: Table) -> Table:
    """Decimal commas between semicolons."""
    return replace(table, separator=";", decimal=",", above="")


def separated(rng: Rng, _: Session, table: Table) -> Table:
    """Other characters between columns and at the end of lines."""
    separator = str(rng.choice([",", ";", "\t", "|"])) if table.decimal == "." else "\t"
    ending = str(rng.choice(["\n", "\r\n"]))
    encoding = str(rng.choice(["utf-8", "utf-8-sig"]))
    above = "" if table.above.startswith(('"sep', "sep")) else table.above
    quoted = bool(rng.integers(2))
    return replace(table, separator=separator, ending=ending, encoding=encoding, above=above,
                   quoted=quoted)  # fmt: skip


def lines_above(rng: Rng, _: Session, table: Table) -> Table:
    """Lines about the recording before the names."""
    lines = ["# Sensor 7", "Subject: 4; 12 Hz low-pass", "Start 29.11.2026", "Range +-4 g", "",
             "gain,1.0,1.0,1.0", "calibration: 0.1, 0.2, 9.8"]  # fmt: skip
    chosen = [lines[i] for i in rng.permutation(len(lines))[: rng.integers(1, 5)]]
    return replace(table, above="\n".join(chosen) + "\n")


def labelled(rng: Rng, session: Session, table: Table) -> Table:
    """A column of labels: words or codes."""
    rows = len(table.columns[0].values)
    words = (["sit", "walk"], ["gehen", "stehen"], ["1", "2"], ["0", "1"])[rng.integers(4)]
    cells = [words[i * 4 // rows % 2] for i in range(rows)]
    name = str(rng.choice(["label", "activity", "Aktivität", "ラベル", "class"]))
    if any(one.role == "label" or one.name == name for one in table.columns):
        return table
    return replace(table, columns=(*table.columns, Column("label", name, cells)))


CHANGES: Mapping[str, Change] = {
    "permuted": permuted,
    "renamed": renamed,
    "cryptic": cryptic,
    "unit said": unit_said,
    "unit unsaid": unit_unsaid,
    "unit wrong": unit_wrong,
    "no header": without_header,
    "extra columns": extras,
    "gyroscope first": gyroscope_first,
    "magnetometer": magnetometer,
    "second sensor": second_sensor,
    "time": timed,
    "packets": in_packets,
    "commas": commas,
    "separators": separated,
    "lines above": lines_above,
    "labels": labelled,
}
"""Changes by name. No header comes first, the order of columns last: see `fuzz.guesses`."""
