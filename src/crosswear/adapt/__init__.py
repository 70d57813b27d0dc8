"""From labelled recordings to the model to ship: sources, candidates, choice, report.

The room is also the function that it is for: ``crosswear.adapt(...)`` is
`crosswear.adapt.adaptation.adapt`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crosswear.adapt.adaptation import Adapted


class _Room(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Adapted:
        # Imported here: whoever looks at a part of this room need not load torch.
        from crosswear.adapt.adaptation import adapt

        return adapt(*arguments, **options)


sys.modules[__name__].__class__ = _Room
