"""The version of the program, for reports and for the wheel."""

from typing import Final

VERSION: Final = "0.2.0"
