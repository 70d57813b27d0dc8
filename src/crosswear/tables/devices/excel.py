"""Excel: the first sheet of an `.xlsx` file as comma-separated text."""

from __future__ import annotations

from pathlib import Path

from crosswear.core.errors import UsageError
from crosswear.core.texts import install
from crosswear.tables.devices.format import DeviceFormat, damaged, unpacking


def convert(source: Path, where: str, target: Path) -> None:
    """Write the first sheet as text; see `DeviceFormat.convert`."""
    import pandas as pd

    try:
        with unpacking(where, FORMAT.device):
            sheet = pd.read_excel(source, header=None, dtype=object, engine="openpyxl")
    except ImportError as error:
        raise UsageError(
            "Excel files are read by an extra that is not installed",
            where=where,
            expected="the extra excel (openpyxl)",
            todo=f"save the sheet as CSV, or {install('excel')}",
        ) from error
    except (LookupError, TypeError, AttributeError, SyntaxError) as error:
        # A part of it is missing, or is of another kind.
        raise damaged(f"cannot be read: {error}"[:200], where, FORMAT.device) from error
    sheet.to_csv(target, header=False, index=False)


FORMAT = DeviceFormat("Excel", ".xlsx", b"PK\x03\x04", convert, is_text=True)
