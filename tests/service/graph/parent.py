"""A parent with a child at work for ever, which prints the child's process number."""

import threading
import time

from observance.workers import WorkerPool

workers = WorkerPool("handlers:open_echo", {"name": "x"}, count=1, memory_mb=1024)
pid = workers.call({}, deadline=30)[0]["pid"]
threading.Thread(target=lambda: workers.call({"do": "spin"}, deadline=600), daemon=True).start()
time.sleep(0.3)
print(pid, flush=True)
time.sleep(600)
