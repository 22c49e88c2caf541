"""The version of the program, which a report names."""

from typing import Final

VERSION: Final = "0.1.0"
