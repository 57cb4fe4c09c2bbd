"""Write a workbook of the old kind (.xls, BIFF8 in a compound file) byte by byte: nothing writes them any more."""

import struct
from collections.abc import Sequence
from pathlib import Path

SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def biff(rows: Sequence[Sequence[str | float]]) -> bytes:
    """One sheet: beginning (0809), its name and place (0085), texts (0204) and numbers (0203), end (000A)."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    name = "数据".encode("utf-16-le")
    globals_length = len(record(0x0809, begin)) + 4 + 8 + len(name) + 4
    boundsheet = struct.pack("<IHBB", globals_length, 0, len(name) // 2, 1) + name
    stream = record(0x0809, begin) + record(0x0085, boundsheet) + record(0x000A, b"")
    stream += record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            head = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                stream += record(0x0204, head + struct.pack("<HB", len(text) // 2, 1) + text)
            else:
                stream += record(0x0203, head + struct.pack("<d", value))
    # below 4096 bytes a stream would lie elsewhere in the file
    return (stream + record(0x000A, b"")).ljust(8 * SECTOR, b"\0")


def entry(name: str, kind: int, start: int, size: int, child: int = FREE) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return (
        text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, FREE, FREE, child) + bytes(16 + 4 + 8 + 8)
        + struct.pack("<IQ", start, size)
    )  # fmt: skip


def write_old_workbook(path: Path, rows: Sequence[Sequence[str | float]]) -> None:
    """Header, one sector of the table of sectors, one of the directory, then the workbook."""
    stream = biff(rows)
    sectors = len(stream) // SECTOR
    chain = [FAT, END, *(at + 1 for at in range(2, 1 + sectors)), END]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(SECTOR, b"\xff")
    directory = entry("Root Entry", 5, END, 0, child=1) + entry("Workbook", 2, 2, len(stream))
    directory = directory.ljust(SECTOR, b"\0")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0)
    header += struct.pack("<I", 0).ljust(SECTOR - len(header), b"\xff")
    path.write_bytes(header + table + directory + stream)
