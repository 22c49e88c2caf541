from .pool import WorkerPool as WorkerPool
from .requests import Loaded as Loaded
from .requests import Request as Request
from .sandbox import adopt_orphans as adopt_orphans
