from .pool import WorkerPool as WorkerPool
