"""A parent with a child at work for ever, which prints the child's process number."""

import threading
import time

from echo_handlers import Echo
from observance.workers import WorkerPool

workers = WorkerPool("echo_handlers:open_echo", {"name": "x"}, count=1, memory_mb=1024)
pid = workers.call(Echo(), deadline=30).media_type.split()[0]
threading.Thread(target=lambda: workers.call(Echo(do="spin"), deadline=600), daemon=True).start()
time.sleep(0.3)
print(pid, flush=True)
time.sleep(600)
