"""How much of what a network learned on someone else's movement data can you keep?"""

from importlib.metadata import version

__version__ = version("crosswear")
