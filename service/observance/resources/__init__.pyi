from .description import ResourceReader as ResourceReader
from .description import closest as closest
