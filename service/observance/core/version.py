"""The version of the program, which a report names; the wheel takes it from here."""

from typing import Final

VERSION: Final = "0.2.0"
