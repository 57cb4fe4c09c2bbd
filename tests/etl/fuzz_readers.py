"""Change good files at random and read them: rows or one sentence must come of it, nothing else.

    python -m tests.etl.fuzz_readers SECONDS [SEED]

What it finds is kept in `FOUND` of test_fuzzed_files.py. `python -m pytest tests/etl/test_fuzzed_files.py` does a little
of it in every run.
"""

import base64
import io
import json
import random
import sys
import tempfile
import time
import zipfile
from functools import cache
from pathlib import Path

import geopandas as gpd
import shapely
from hypothesis import strategies as st

from etl.counting import agreed_count
from etl.delivery import FeedSource
from etl.readers.files import Wanted, headings_of, opened, read_rows
from gis.errors import BadInput
from tests.etl.malformed import HEADING, ROW, archive_of, features, kml, workbook
from tests.etl.old_workbook import write_old_workbook

#: pieces that mean something to one reader or another
TELLING = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\r", b"\n", b",", b"\t", b"NaN", b"1e999", b"-1", b"\x81\x30",
    b"<!DOCTYPE x>", b"]]>", b"&#0;", b"&lt;", b"{", b"[", b"null", b"PK\x03\x04", b"PK\x05\x06", b"=1+1", b"999999999",
    "\u202e".encode(), "𠮷".encode(), "甲".encode("gb18030"),
]  # fmt: skip


@cache
def good_files() -> dict[str, bytes]:
    """Ending of the name -> a good file of it."""
    table = f"{HEADING}\n" + f"{ROW}\n" * 5
    rows = [dict(zip(HEADING.split(","), ROW.split(","), strict=True))] * 3
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        frame = gpd.GeoDataFrame({"编号": ["1", "2"]}, geometry=[shapely.Point(120.5, 31.3)] * 2, crs=4326)
        frame.to_file(folder / "a.gpkg", driver="GPKG")
        frame.to_file(folder / "a.shp", encoding="UTF-8")
        write_old_workbook(folder / "a.xls", [HEADING.split(","), ROW.split(",")])
        shapes = io.BytesIO()
        with zipfile.ZipFile(shapes, "w") as packed:
            for file in folder.glob("a.*"):
                if file.suffix in (".shp", ".shx", ".dbf", ".cpg", ".prj"):
                    packed.write(file, file.name)
        return {
            "utf-8.csv": table.encode(),
            "gb18030.csv": table.encode("gb18030"),
            "a.tsv": table.replace(",", "\t").encode(),
            "a.json": json.dumps(rows, ensure_ascii=False).encode(),
            "a.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(),
            "a.xlsx": workbook(),
            "a.xls": (folder / "a.xls").read_bytes(),
            "a.geojson": features("[120.5,31.3],[120.51,31.31],[120.51,31.3],[120.5,31.3]").encode(),
            "a.kml": kml("").encode(),
            "a.gpkg": (folder / "a.gpkg").read_bytes(),
            "shapes.zip": shapes.getvalue(),
            "table.zip": archive_of("places.csv"),
        }


#: a change: at which thousandth of the file, how many bytes go, what comes there
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 1000),
        st.one_of(st.integers(0, 8), st.integers(0, 4000)),
        st.one_of(st.sampled_from(TELLING), st.binary(max_size=12)),
    ),
    min_size=1,
    max_size=6,
)


def changed(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for place, gone, come in changes:
        at = len(content) * place // 1000
        content = content[:at] + come + content[at + gone :]
    return content


def read_changed(name: str, content: bytes, folder: Path) -> list[str]:
    """Read a file as a delivery's first look does; the sentences said about it. A fault of the program comes out."""
    path = folder / name
    path.write_bytes(content)
    geometry = name in ("a.geojson", "a.kml", "a.gpkg", "shapes.zip")
    source = FeedSource("places", path, encoding="", crs="EPSG:4326")
    said = []
    try:
        with opened(source) as found:
            raw = read_rows(found, Wanted(geometry=geometry, point_headings=None if geometry else ("经度", "纬度")))
            agreed_count(found, raw)
    except BadInput as fault:
        said.append(str(fault))
    try:
        headings_of(source)
    except BadInput as fault:
        said.append(str(fault))
    return said


def main(seconds: float, seed: int) -> None:
    """Go on for so long; print what was found as name and content."""
    chance = random.Random(seed)
    names = list(good_files())
    until = time.monotonic() + seconds
    tried, found = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < until:
            name = chance.choice(names)
            changes = [
                (
                    chance.randint(0, 1000),
                    chance.choice([0, 0, 1, 2, 8, chance.randint(0, 4000)]),
                    chance.choice([*TELLING, chance.randbytes(chance.randint(0, 12))]),
                )
                for _ in range(chance.randint(1, 6))
            ]
            content = changed(good_files()[name], changes)
            tried += 1
            try:
                read_changed(name, content, Path(folder))
            except BaseException as fault:  # whatever it is, it is what is looked for
                if isinstance(fault, KeyboardInterrupt):
                    raise
                found += 1
                print(f"{name} {type(fault).__name__}: {str(fault)[:200]!r}", flush=True)
                print("  ", base64.b85encode(content).decode() if len(content) < 8000 else repr(changes), flush=True)
    print(f"{tried} files, {found} faults")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
