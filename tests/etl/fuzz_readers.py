"""Change good files at random, make odd ones up, and read them: rows or one sentence must come of it, nothing else.

    python -m tests.etl.fuzz_readers SECONDS [SEED]

Hypothesis draws the files, and makes what it finds as small as it can. What it finds is kept in `FOUND` of
test_fuzzed_files.py. `python -m pytest tests/etl/test_fuzzed_files.py` does a little of it in every run.
"""

import base64
import io
import itertools
import json
import sys
import tempfile
import time
import traceback
import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from hypothesis import HealthCheck, Verbosity, given, seed, settings
from hypothesis import strategies as st

from etl.counting import agreed_count
from etl.delivery import FeedSource
from etl.readers.files import Wanted, headings_of, opened, read_rows
from gis.errors import BadInput
from gis.raster import band_range, opened_raster
from tests.etl.malformed import HEADING, ROW, SHEET, archive_of, features, kml, sheet, workbook, workbook_with
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
        profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "width": 3, "height": 2, "compress": "deflate"}
        with rasterio.open(
            folder / "a.tif", "w", **profile, crs=4326, transform=Affine(0.01, 0, 120.5, 0, -0.01, 31.3)
        ) as raster:
            raster.write(np.arange(6, dtype="float32").reshape(1, 2, 3))
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
            "a.tif": (folder / "a.tif").read_bytes(),
            "a.asc": b"ncols 3\nnrows 2\nxllcorner 120.5\nyllcorner 31.3\ncellsize 0.01\n1 2 3\n4 5 6\n",
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


RASTERS = (".tif", ".asc")


def read_raster(path: Path) -> list[str]:
    """Read a raster as a delivery's first look does."""
    try:
        with opened_raster(path, crs="EPSG:4326") as (raster, _):
            band_range(raster, raster.count)
    except BadInput as fault:
        return [str(fault)]
    return []


#: letters that tables, JSON and XML trip over
LETTERS = st.text(
    alphabet=st.one_of(
        st.sampled_from("甲乙1290.-+=@,;\t\r\n\"'<>&{}[]:\\/ \ufeff\u2028\u202e\x0b\x1c\x85𠮷"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=12,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | LETTERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS, inner, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from([*HEADING.split(","), "a.b", ""]) | LETTERS, VALUES, max_size=6), max_size=5
)
#: what stands where a number should: large, small, none
NUMBERS = st.floats() | st.integers(-(10**20), 10**20) | st.sampled_from([120.5, 31.3, "NaN", None, "", [], {}])
SHAPES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "GeometryCollection", "Klein"]),
        "coordinates": st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=5), max_leaves=12),
    }
)


def table_of(lines: list[list[str]], delimiter: str, end: str, encoding: str, heading: bool) -> bytes:
    """Fields as they come, quoted by nobody."""
    rows = [HEADING.split(",")] if heading else []
    return "".join(delimiter.join(fields) + end for fields in [*rows, *lines]).encode(encoding, errors="replace")


def collection_of(shapes: list[Any], properties: dict[str, Any]) -> bytes:
    features = [{"type": "Feature", "properties": properties, "geometry": shape} for shape in shapes]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def sheet_of(cells: list[tuple[str, str, str]]) -> bytes:
    """A workbook whose only sheet holds these cells: reference, type, what stands in them."""
    rows = "".join(
        f'<row r="{at + 2}"><c r={quoteattr(place)} t={quoteattr(kind)}><v>{escape(said)}</v></c></row>'
        for at, (place, kind, said) in enumerate(cells)
    )
    head = "".join(
        f'<c r="{chr(65 + at)}1" t="inlineStr"><is><t>{one}</t></is></c>' for at, one in enumerate(HEADING.split(","))
    )
    return workbook_with(SHEET, sheet(f'<row r="1">{head}</row>{rows}'))


#: (name, content): good files changed, and files made up in the form of their kind
FILES = st.one_of(
    st.builds(
        lambda name, changes: (name, changed(good_files()[name], changes)),
        st.sampled_from(sorted(good_files())),
        CHANGES,
    ),
    st.builds(
        lambda *drawn: ("made.csv", table_of(*drawn)),
        st.lists(st.lists(LETTERS, max_size=12), max_size=6),
        st.sampled_from(",;\t"),
        st.sampled_from(["\n", "\r\n", "\r"]),
        st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
        st.booleans(),
    ),
    st.builds(lambda rows: ("made.json", json.dumps(rows, ensure_ascii=False).encode()), ROWS | VALUES),
    st.builds(
        lambda rows: ("made.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()),
        ROWS | st.lists(VALUES, max_size=4),
    ),
    st.builds(
        lambda *drawn: ("made.geojson", collection_of(*drawn)),
        st.lists(SHAPES | st.none(), max_size=4),
        st.dictionaries(LETTERS, VALUES, max_size=4),
    ),
    st.builds(
        lambda name, said: ("made.kml", kml("", escape(name)).replace("120.5,31.3", escape(said)).encode()),
        LETTERS,
        LETTERS | st.lists(NUMBERS, max_size=6).map(lambda numbers: ",".join(map(str, numbers))),
    ),
    st.builds(
        lambda cells: ("made.xlsx", sheet_of(cells)),
        st.lists(
            st.tuples(
                st.sampled_from(["A2", "B2", "A3", "ZZ9", "A0", "A", "2", "XFD1048576"]),
                st.sampled_from(["n", "s", "str", "b", "e", "d", "inlineStr", "x"]),
                LETTERS | NUMBERS.map(str),
            ),
            max_size=5,
        ),
    ),
)


def read_changed(name: str, content: bytes, folder: Path) -> list[str]:
    """Read a file as a delivery's first look does; the sentences said about it. A fault of the program comes out."""
    path = folder / name
    path.write_bytes(content)
    if path.suffix in RASTERS:
        return read_raster(path)
    geometry = path.suffix in (".geojson", ".kml", ".gpkg") or name == "shapes.zip"
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


def main(seconds: float, first_seed: int) -> None:
    """Go on for so long; print what was found as name and content, each kind of fault once."""
    until = time.monotonic() + seconds
    tried = 0
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:

        def read_one(drawn: tuple[str, bytes]) -> None:
            nonlocal tried
            tried += 1
            try:
                read_changed(*drawn, Path(folder))
            except BaseException as fault:  # whatever it is, it is what is looked for
                where = traceback.extract_tb(fault.__traceback__)[-1]
                kind = f"{drawn[0]} {type(fault).__name__} {where.filename}:{where.lineno}"
                if isinstance(fault, KeyboardInterrupt) or kind in seen:
                    return
                raise

        for number in itertools.count(first_seed):
            if time.monotonic() > until:
                break
            few = settings(
                max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck),
                print_blob=False, report_multiple_bugs=False, verbosity=Verbosity.quiet,
            )  # fmt: skip
            last: list[tuple[str, bytes]] = []

            def read_and_remember(drawn: tuple[str, bytes], last: list[tuple[str, bytes]] = last) -> None:
                last[:] = [drawn]
                read_one(drawn)

            try:
                seed(number)(few(given(FILES)(lambda drawn: read_and_remember(drawn))))()
            except BaseException as fault:
                if isinstance(fault, KeyboardInterrupt):
                    raise
                where = traceback.extract_tb(fault.__traceback__)[-1]
                name, content = last[0]
                seen.add(f"{name} {type(fault).__name__} {where.filename}:{where.lineno}")
                print(
                    f"{name} {type(fault).__name__}: {str(fault)[:200]!r} at {where.filename}:{where.lineno}",
                    flush=True,
                )
                print("  ", base64.b85encode(zlib.compress(content)).decode(), flush=True)
    print(f"{tried} files, {len(seen)} kinds of faults")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
