"""What a `fengqiao` command takes as a process of its own: memory and processor time."""

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# what the kernel counts for an ended child holds its parent's pages too, as they stood when it was started; so the
# child tells its own peak
_TELLING = """
import atexit, resource, runpy, sys
def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print("peak", peak.split()[1], used.ru_utime + used.ru_stime, file=sys.stderr)
atexit.register(tell)
runpy.run_module("cli", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a process took."""

    resident_mb: float  # at its peak
    proportional_mb: float  # the highest seen of what is its own where shared pages are divided (PSS)
    processor_s: float


def weigh_command(*arguments: object) -> Weight:
    """Run `fengqiao` with these arguments and return what the process took."""
    command = [sys.executable, "-c", _TELLING, *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    proportional_kb = 0
    while process.poll() is None:
        try:
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:  # it ended in between
            break
        found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
        proportional_kb = max(proportional_kb, int(found[1]) if found else 0)
        time.sleep(0.02)
    _, said = process.communicate()
    told = re.search(r"^peak (\d+) ([\d.e-]+)$", said, re.MULTILINE)
    if process.returncode or not told:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=said)
    return Weight(int(told[1]) * 1024 / 1e6, proportional_kb * 1024 / 1e6, float(told[2]))
