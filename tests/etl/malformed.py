"""Files that nobody should have sent, made by hand: each is refused in a sentence, whatever feed it is delivered as."""

import base64
import io
import json
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import openpyxl
import shapely

HEADING = "编号,类别,小类,名称,社区,经度,纬度,地址,起始日期,截止日期"
ROW = "P9,兴趣点,学校,乙小学,乙社区,120.507,31.303,,,"
#: two gigabytes that take no room on the disk
TWO_GB = 2 << 30


@dataclass(frozen=True)
class Malformed:
    """One file: its name, who writes it, and what is said about it."""

    name: str
    write: Callable[[Path], None]
    sentence: str
    entry: dict[str, object] = field(default_factory=dict)


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content.encode(encoding)) and None


def data(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def sparse(head: bytes, size: int = TWO_GB) -> Callable[[Path], None]:
    """A file of `size` bytes of which only the first are written."""

    def write(path: Path) -> None:
        path.write_bytes(head)
        os.truncate(path, size)

    return write


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(HEADING.split(","))
    for number in range(200):
        book.active.append([f"P{number}", *ROW.split(",")[1:]])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def workbook_with(part: str, content: bytes) -> bytes:
    """The workbook with one part replaced."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return changed.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def sheet(rows: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>'.encode()


def cell(reference: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>x</t></is></c>'


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
CORNERS = f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("XFD1048576")}</row>'
FAR_DOWN = f'<row r="1">{cell("A1")}</row><row r="2">{cell("B1048576")}</row>'


def archive(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def archive_of(name: str) -> bytes:
    return archive(**{name: f"{HEADING}\n{ROW}\n".encode()})


def bomb(member: str) -> bytes:
    """A small archive that would grow a thousandfold."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed, packed.open(member, "w") as file:
        for _ in range(100):
            file.write(bytes(1 << 20))
    return buffer.getvalue()


def link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        entry = zipfile.ZipInfo("places.csv")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        packed.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def encrypted() -> bytes:
    """An archive whose flags say that a password is needed."""
    content = bytearray(archive_of("places.csv"))
    content[6] |= 1
    directory = content.index(b"PK\x01\x02")
    content[directory + 8] |= 1
    return bytes(content)


def nameless() -> bytes:
    """An archive whose directory names its only file with no letter at all; changing files at random found it."""
    content = bytearray(archive_of("a.csv"))
    directory = content.index(b"PK\x01\x02")
    struct.pack_into("<H", content, directory + 28, 0)
    del content[directory + 46 : directory + 46 + len("a.csv")]
    end = content.index(b"PK\x05\x06")
    struct.pack_into("<I", content, end + 12, end - directory)
    return bytes(content)


def misnamed() -> bytes:
    """An archive that says its name is UTF-8, which it is not."""
    content = bytearray(archive_of("aaa.csv"))
    content[6:8] = struct.pack("<H", 0x800)
    content[30:31] = b"\x8c"
    return bytes(content)


def lying() -> bytes:
    """An archive whose directory says that its file has ten bytes."""
    content = bytearray(archive(**{"places.csv": f"{HEADING}\n{ROW}\n".encode() * 50}))
    directory = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 24, 10)
    return bytes(content)


def features(*coordinates: str) -> str:
    shapes = ",".join(
        '{"type":"Feature","properties":{"编码":"1","名称":"a","层级":2,"社区编码":"320599001001"},'
        f'"geometry":{{"type":"Polygon","coordinates":[[{one}]]}}}}'
        for one in coordinates
    )
    return f'{{"type":"FeatureCollection","features":[{shapes}]}}'


def kml(before: str, name: str = "a") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        f"<name>{name}</name><Point><coordinates>120.5,31.3</coordinates></Point></Placemark></Document></kml>"
    )


def shapefile(path: Path, *, without: str = "", code_page: str = "") -> None:
    frame = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(120.5, 31.3)], crs=4326)
    frame.to_file(path, encoding="utf-8")
    if without:
        path.with_suffix(without).unlink()
    if code_page:
        path.with_suffix(".cpg").write_text(code_page)


def geopackage_cut(path: Path) -> None:
    whole = path.with_suffix(".whole.gpkg")
    gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(120.5, 31.3)], crs=4326).to_file(whole, driver="GPKG")
    path.write_bytes(whole.read_bytes()[:5000])
    whole.unlink()


OPEN_QUOTE = f'{HEADING}\nP1,兴趣点,"学校,乙小学,乙社区,120.5,31.3,,,\n' + f"{ROW}\n" * 40
MIXED = f"{HEADING}\n{ROW}\n".encode() + f"{ROW}\n".encode("gb18030")
SHARED = b"<sst " + NAMESPACE.encode() + b"><si><t>" + b"x" * 9_000_000 + b"</t></si></sst>"
MANY_SHARED = sheet("".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 1_200)))


def swollen_strings() -> bytes:
    """A workbook whose cells all show the same nine million letters."""
    buffer = io.BytesIO()
    plain = io.BytesIO(workbook_with(SHEET, MANY_SHARED))
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if not name.endswith("sharedStrings.xml"):
                new.writestr(name, old.read(name))
        new.writestr("xl/sharedStrings.xml", SHARED)
    return buffer.getvalue()


#: an old workbook of 4 kB that makes the reader ask for more memory than there is; found by changing a good one
GREEDY = (
    "c-p&gUhu)fjZzO8(10BSGsD0CoD6J8VvJA>1_BH~`TzeJC;*%sKttGAQN&sqco;OmEGEW+)VyRaxH<t8bu3K0P!<ydqgeg-V2A)C"
    "M4-AxI|w4c1QFnmsjh(tFhc}*Lq1eO1Xv&fc9m98Ggu)4=j)cmK?K+!0&Cy`><|HiaEEXfCP5&F18fdsdGG1Sr>XMk5J66epjJ{+"
    "HbjsY8hSvj0SuNvFYp5e7{P90ED2oPyR!hI2I}UtXvGYO8fJ)^NI(9Vv}lMB3rq;&ZgHRxE7)a>h73jw1`K)(ra;mhXo)CLiVf@w"
    "Mq>s;poB3{!WbyQ36x-mL@b2Efz08AaJU#o0Rrr~J{kt2U=)mkQ7{VV3k*{&EiFfbVHAvlQGgRvj|Rag7)k&D`FJx="
)

AREAS: dict[str, object] = {"feed": "work_grids", "crs": "EPSG:4326"}
FILES = {
    "empty": Malformed("a.csv", text(""), "is empty"),
    "heading alone": Malformed("a.csv", text(HEADING + "\n"), "has a heading but no rows"),
    "cut table": Malformed("a.csv", text(f"{HEADING}\n{ROW}\nP2,兴趣"), "ends in the middle of line 3"),
    "open quote": Malformed("a.csv", text(OPEN_QUOTE), "lacks|fields where the heading has|not a readable CSV"),
    "doubled heading": Malformed("a.csv", text(f"编号,{HEADING}\nP1,{ROW}\n"), "has the column.s. 编号 twice"),
    "ten thousand columns": Malformed(
        "a.csv", text(",".join(f"c{n}" for n in range(10_000)) + "\n"), "has 10000 columns; at most 1000"
    ),
    "two encodings": Malformed("a.csv", data(MIXED), "in two encodings: line 1 is UTF-8, line 3 is not"),
    "no encoding at all": Malformed("a.csv", data(b"\xff\xff,a\n1,2\n"), "neither UTF-8 nor GB18030: a byte in line 1"),
    "wide characters": Malformed("a.csv", text(f"{HEADING}\n{ROW}\n", "utf-16-le"), "NUL bytes|neither UTF-8"),
    "line of 2 GB": Malformed("a.csv", sparse(HEADING.encode()), "holds a line of more than 1 MiB .from byte 0."),
    "line of 2 GB further down": Malformed(
        "a.csv", sparse(f"{HEADING}\n{ROW}\n".encode()), "holds a line of more than 1 MiB .from byte 1048576."
    ),
    "JSON line of 2 GB": Malformed("a.jsonl", sparse(b'{"a": "'), "holds a line of more than 1 MiB"),
    "JSON of 2 GB": Malformed("a.json", sparse(b'[{"a": "'), "is 2.0 GiB; files of its kind are read up to 1 GiB"),
    "GeoJSON of 2 GB": Malformed("a.geojson", sparse(b'{"type":'), "is 2.0 GiB", AREAS),
    "cut JSON": Malformed("a.json", text('[{"编号": "1"}, {"编'), "no JSON .*it may be cut"),
    "JSON without rows": Malformed("a.json", text('{"code": 0, "message": "ok"}'), "holds no list of objects"),
    "JSON of numbers": Malformed("a.json", text("[1, 2]"), "row 1: '1' is no object"),
    "JSON with NaN": Malformed("a.json", text('[{"编号": NaN}]'), "NaN is no number"),
    "deep JSON": Malformed("a.json", text("[" * 200_000), "nested too deeply"),
    "cut workbook": Malformed("a.xlsx", data(workbook()[:4000]), "not a readable workbook .*it may be cut"),
    "no workbook": Malformed("a.xlsx", text(f"{HEADING}\n{ROW}\n"), "not a readable workbook"),
    "workbook bomb": Malformed("a.xlsx", data(bomb(SHEET)), "would grow from 0.1 MiB to 100 MiB"),
    "workbook with entities": Malformed(
        "a.xlsx", data(workbook_with(SHEET, sheet(CORNERS, LAUGHS))), "defines a document type"
    ),
    "two cells in opposite corners": Malformed(
        "a.xlsx", data(workbook_with(SHEET, sheet(CORNERS))), "has 16384 columns; at most 1000"
    ),
    "a cell far below": Malformed(
        "a.xlsx", data(workbook_with(SHEET, sheet(FAR_DOWN))), "has 2 rows down to row 1048576"
    ),
    "one text for many cells": Malformed("a.xlsx", data(swollen_strings()), "share texts of up to 90000"),
    "old workbook cut": Malformed("a.xls", data(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)), "not a readable workbook"),
    "old workbook that wants all memory": Malformed(
        "a.xls", data(zlib.decompress(base64.b85decode(GREEDY))), "not a readable workbook .it is damaged inside."
    ),
    "the same with the end of an archive": Malformed(
        "a.xls",
        data(zlib.decompress(base64.b85decode(GREEDY)) + b"PK\x05\x06" + bytes(18)),
        "not a readable workbook .it is damaged inside.",
    ),
    "archive bomb": Malformed("a.zip", data(bomb("places.csv")), "would grow from 0.1 MiB to 100 MiB"),
    "archive that leads out": Malformed("a.zip", data(archive_of("../places.csv")), "'../places.csv' leads out"),
    "archive with a path from the root": Malformed("a.zip", data(archive_of("/etc/places.csv")), "leads out"),
    "archive with a path of Windows": Malformed("a.zip", data(archive_of("..\\..\\places.csv")), "leads out"),
    "archive with a link": Malformed("a.zip", data(link()), "is a link to another file"),
    "archive with a password": Malformed("a.zip", data(encrypted()), "is encrypted"),
    "archive in an archive": Malformed("a.zip", data(archive(**{"b.zip": archive_of("a.csv")})), "archive in an archive"),
    "archive that lies": Malformed("a.zip", data(lying()), "cannot be taken out"),
    "cut archive": Malformed("a.zip", data(archive_of("places.csv")[:100]), "not a readable zip archive"),
    "archive whose name is not what it says": Malformed(
        "a.zip", data(misnamed()), "cannot be taken out|not a readable zip"
    ),
    "archive of a file without a name": Malformed("a.zip", data(nameless()), "empty archive|not a readable zip"),
    "empty archive": Malformed("a.zip", data(archive()), "empty archive"),
    "archive of two": Malformed("a.zip", data(archive(**{"a.csv": b"a\n", "b.csv": b"b\n"})), "holds 2 files that can be read"),
    "coordinates that are none": Malformed(
        "a.geojson", text(features("[120.5,31.3],[NaN,31.31],[120.51,31.31],[120.5,31.3]")), "not in|not a readable", AREAS
    ),
    "endless coordinates": Malformed(
        "a.geojson", text(features("[120.5,31.3],[1e400,31.31],[120.51,31.31],[120.5,31.3]")), "not in|not a readable", AREAS
    ),
    "cut GeoJSON": Malformed("a.geojson", text(features("[120.5,31.3]")[:-20]), "not a readable vector file", AREAS),
    "GeoJSON of nothing": Malformed("a.geojson", text(json.dumps({"type": "FeatureCollection", "features": []})), "a.geojson", AREAS),
    "KML with entities": Malformed("a.kml", text(kml(LAUGHS, "&c;")), "defines a document type", AREAS),
    "KML that reads other files": Malformed(
        "a.kml", text(kml('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;")), "defines a document type", AREAS
    ),
    "cut KML": Malformed("a.kml", text(kml("")[:-30]), "no readable XML", AREAS),
    "shapefile without its table": Malformed("a.shp", lambda path: shapefile(path, without=".dbf"), "lacks .dbf beside it", AREAS),
    "shapefile in no encoding": Malformed("a.shp", lambda path: shapefile(path, code_page="KLINGON"), "which is no encoding", AREAS),
    # found by changing a good one
    "GeoPackage damaged inside": Malformed(
        "a.gpkg", data(lzma.decompress((Path(__file__).parent / "damaged.gpkg.xz").read_bytes())), "is malformed", AREAS
    ),
    "cut GeoPackage": Malformed("a.gpkg", geopackage_cut, "not a readable vector file", AREAS),
    "no kind of file": Malformed("a.docx", text("x"), "is read from .csv"),
}  # fmt: skip
