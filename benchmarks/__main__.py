"""`make bench`: run every measure, one after the other, each in a process of its own.

    .venv/bin/python -m benchmarks [NAME ...]

A measure is a module of this folder with a line ``MEASURES = "what it measures"``; it prints its table beside its
peer. Those of layers, tiles and the live stream work on a loaded sample, which is made once under ``var/bench`` at a
tenth of its size (FENGQIAO_VAR_DIR names another installation). Times are of this machine at this moment: read the
ratios.
"""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from gis.database.connection import running_database
from gis.settings import DatabaseSettings

FOLDER = Path(__file__).parent
#: of the sample that is made when no installation is named
SCALE = "0.1"
#: measures that work on a loaded installation
LOADED = frozenset({"cell_layers", "tiles", "live_latency"})


def measures() -> dict[str, str]:
    """The measures there are: module name and what it measures."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("MEASURES = "):
                found[path.stem] = line.removeprefix("MEASURES = ").strip("\"'")
    return found


def make_installation(var_dir: Path) -> None:
    """Make and load the sample once."""
    ready = var_dir / "bench.ready"
    if ready.exists():
        return
    var_dir.mkdir(parents=True, exist_ok=True)
    sample = var_dir / "sample"
    for arguments in (["sample", str(sample), "--scale", SCALE], ["load", str(sample)]):
        subprocess.run([sys.executable, "-m", "cli", *arguments], check=True, stdout=subprocess.DEVNULL)
    ready.touch()


def main(names: list[str]) -> int:
    """Run the named measures, or all; returns how many failed."""
    known = measures()
    if unknown := [name for name in names if name not in known]:
        print(f"no measure {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    wanted = names or list(known)
    failed = 0
    with ExitStack() as stack:
        if LOADED & set(wanted):
            if "FENGQIAO_VAR_DIR" not in os.environ:
                os.environ["FENGQIAO_VAR_DIR"] = "var/bench"
                make_installation(Path("var/bench"))
            stack.enter_context(running_database(DatabaseSettings()))
        for name in wanted:
            print(f"\n## {name}: {known[name]}\n", flush=True)
            began = time.perf_counter()
            failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0
            print(f"({time.perf_counter() - began:.0f} s)", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
