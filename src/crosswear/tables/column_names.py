"""Words in names of columns that say which sensor they are of, in several languages."""

from __future__ import annotations

import re

ACCELERATION = re.compile(
    r"acc|acel|beschl|przysp|ускор|加速|가속|"
    r"^\W*[xyz]\W*(\W.*)?$|^a[_ ]?[xyz]|^[xyz][_ -]?(axis|value)",
    re.IGNORECASE,
)
GRAVITY = re.compile(r"grav|graw|schwer|pesant|гравит|重力|중력", re.IGNORECASE)
WITHOUT_GRAVITY = re.compile(
    r"user|lin[eé]a|liniow|lin_?(?:acc|acel|beschl|przysp)|body|линейн|线性|線形|선형",
    re.IGNORECASE,
)
_OTHER_SENSOR = re.compile(
    r"gyr|giro|żyro|mag|rot|ang|quat|orient|euler|omega|velocity|^[bgm][_ ]?[xyz]$|dreh|"
    r"winkel|гиро|углов|магн|角速|ジャイロ|陀螺|磁|각속|자이로|자기장",
    re.IGNORECASE,
)
NO_ACCELERATION = re.compile(f"{_OTHER_SENSOR.pattern}|{GRAVITY.pattern}", re.IGNORECASE)
NUMBERED = re.compile(r"axis|acc|^a_?1$", re.IGNORECASE)
COUNTED = re.compile(
    r"^vm\d?$|vector.?magnitude|^steps?$|count|epoch|^enmo|^mad$|^mims|inclinometer|^lux$",
    re.IGNORECASE,
)
