from .pool import WorkerPool as WorkerPool
from .requests import Handlers as Handlers
from .requests import Request as Request
