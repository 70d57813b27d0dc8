"""Writers of small files in the genuine layouts, one for each dataset that has files.

A generator writes a dataset below a folder and returns what its reader must yield, in the order
of the files' names, for every placement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from generators import (
    actrectut,
    capture24,
    dsads,
    hhar,
    jsi_fos,
    mhealth,
    opportunity,
    pamap2,
    realworld,
    selfback,
    skoda,
    sp_sw_har,
    wear,
    weda_fall,
    wharf,
    wisdm2019,
)
from generators.planted import Planted

Generator = Callable[[Path, np.random.Generator], list[Planted]]

GENERATORS: Mapping[str, Generator] = {
    "pamap2": pamap2.write,
    "opportunity": opportunity.write,
    "dsads": dsads.write,
    "selfback": selfback.write,
    "wharf": wharf.write,
    "actrectut": actrectut.write,
    "skoda": skoda.write,
    "jsi_fos": jsi_fos.write,
    "sp_sw_har": sp_sw_har.write,
    "wisdm2019": wisdm2019.write,
    "mhealth": mhealth.write,
    "weda_fall": weda_fall.write,
    "hhar": hhar.write,
    "realworld": realworld.write,
    "wear": wear.write,
    "capture24": capture24.write,
}
