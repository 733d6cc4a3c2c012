"""Times a query within its process, so that starting Python and loading a library cost a peer nothing."""

import json
import resource
import time

NAMES = ["records", "reveals", "denied", "vault_writes", "object_cells", "denied_cells"]


def report(work):
    """Runs `work` once and prints what it counted and took, as JSON."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    counts = work()
    wall_seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    counts = dict(zip(NAMES, map(int, counts), strict=True))
    print(json.dumps({**counts, "wall_seconds": wall_seconds, "cpu_seconds": cpu_seconds}))
