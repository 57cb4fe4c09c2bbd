"""`make bench`: run every measure, one after the other, each in a process of its own.

    .venv/bin/python -m benchmarks [NAME ...]

A measure is a module of this folder with a line ``MEASURES = "what it measures"``; it makes what it needs, prints its
table beside its peer, and leaves nothing behind. Times are of this machine at this moment: read the ratios.
"""

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent


def measures() -> dict[str, str]:
    """The measures there are: module name and what it measures."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("MEASURES = "):
                found[path.stem] = line.removeprefix("MEASURES = ").strip("\"'")
    return found


def main(names: list[str]) -> int:
    """Run the named measures, or all; returns how many failed."""
    known = measures()
    if unknown := [name for name in names if name not in known]:
        print(f"no measure {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    failed = 0
    for name in names or known:
        print(f"\n## {name}: {known[name]}\n", flush=True)
        began = time.perf_counter()
        failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0
        print(f"({time.perf_counter() - began:.0f} s)", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
