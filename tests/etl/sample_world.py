"""One small sample for all tests of the sample: made once per session, never changed."""

import atexit
import datetime as dt
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from etl.sample.delivery import Delivered, write_sample
from etl.sample.world import World, build_world

UNTIL = dt.date(2026, 11, 22)
SCALE = 0.02


@lru_cache
def small_world() -> World:
    return build_world(seed=1, scale=SCALE, until=UNTIL)


@lru_cache
def small_delivery() -> Delivered:
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-sample-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return write_sample(folder / "sample", seed=1, scale=SCALE, until=UNTIL)
