"""Writers of small files in the genuine layouts, one for each dataset that has files.

A generator writes a dataset below a folder and returns what its reader must yield, in the order
of the files' names, for every placement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from generators import actrectut, dsads, selfback, wharf
from generators.planted import Planted

Generator = Callable[[Path, np.random.Generator], list[Planted]]

GENERATORS: Mapping[str, Generator] = {
    "dsads": dsads.write,
    "selfback": selfback.write,
    "wharf": wharf.write,
    "actrectut": actrectut.write,
}
