from .answer_cache import Admission as Admission
from .answer_cache import AnswerCache as AnswerCache
from .pool import WorkerPool as WorkerPool
from .requests import Loaded as Loaded
from .requests import Request as Request
from .sandbox import adopt_orphans as adopt_orphans
from .sandbox import return_freed_memory as return_freed_memory
