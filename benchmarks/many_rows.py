"""Deliveries of any size out of a sample: its residents and incidents, with keys, numbers and points of their own.

No measure in itself; `bulk_load` and `growth` work on what it writes.
"""

from pathlib import Path

import numpy as np
import polars as pl

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = np.array(list("10X98765432"))


def read_texts(path: Path, encoding: str) -> pl.DataFrame:
    """Read a delivered CSV, all text."""
    content = path.read_bytes().decode(encoding).lstrip("\ufeff").encode()
    return pl.read_csv(content, infer_schema=False).fill_null("")


def write_residents(sample: Path, path: Path, rows: int, *, seed: int = 1) -> None:
    """Write `rows` residents as a register is written (GB18030): persons of the sample moved into more units."""
    people = read_texts(sample / "residents.csv", "gb18030")
    people = people.unique("人员编号", keep="first", maintain_order=True).filter(
        (pl.col("身份证号").str.len_bytes() == 18)
        & pl.col("身份证号").str.slice(6, 8).eq(pl.col("出生日期").str.replace_all("-", ""))
        & pl.col("人员编号").str.contains(r"^P\d+$")
    )
    many = pl.concat([people] * (rows // people.height + 1)).head(rows).with_row_index("n")
    copy = (pl.col("n") // people.height).cast(pl.String)
    many = many.with_columns(
        ("P" + pl.col("n").cast(pl.String).str.zfill(8)).alias("人员编号"),
        (pl.col("户号") + "-" + copy).alias("户号"),
        (pl.when(copy == "0").then(pl.col("单元")).otherwise(pl.col("单元") + "-" + copy)).alias("单元"),
        pl.Series("身份证号", new_identities(many["身份证号"], seed)),
    ).drop("n")
    path.write_bytes(many.write_csv().encode("gb18030"))


def new_identities(numbers: pl.Series, seed: int) -> list[str]:
    """Identity numbers of the same area and birthday (GB 11643-1999) with a sequence of their own."""
    count = len(numbers)
    digits = np.frombuffer("".join(number[:17] for number in numbers).encode(), dtype=np.uint8).reshape(count, 17) - 48
    order = np.random.default_rng(seed).integers(0, 1_000, count)
    digits = digits.copy()
    for place, power in ((14, 100), (15, 10), (16, 1)):
        digits[:, place] = order // power % 10
    check = _CHECK[(digits * _WEIGHTS).sum(axis=1) % 11]
    heads = (digits + 48).astype(np.uint8).tobytes().decode()
    return [heads[17 * at : 17 * at + 17] + str(check[at]) for at in range(count)]


def write_incidents(sample: Path, path: Path, rows: int, *, seed: int = 1) -> None:
    """Write `rows` incidents with coordinates and without an address, BD-09 as the sample's, scattered by 200 m."""
    reports = read_texts(sample / "incidents.csv", "utf-8-sig").filter(
        (pl.col("经度") != "")
        & (pl.col("纬度") != "")
        & pl.col("事件编号").str.contains(r"^\d+$")
        & (pl.col("上报时间").str.len_bytes() == 19)
    )
    reports = reports.unique("事件编号", keep="first", maintain_order=True)
    many = pl.concat([reports] * (rows // reports.height + 1)).head(rows).with_row_index("n")
    shift = np.random.default_rng(seed).normal(0.0, 0.001, (2, rows))
    many = many.with_columns(
        (100_000_000 + pl.col("n")).cast(pl.String).alias("事件编号"),
        pl.lit("").alias("地址"),
        (pl.col("经度").cast(pl.Float64) + pl.Series(shift[0])).round(6).cast(pl.String).alias("经度"),
        (pl.col("纬度").cast(pl.Float64) + pl.Series(shift[1])).round(6).cast(pl.String).alias("纬度"),
    ).drop("n")
    path.write_bytes(b"\xef\xbb\xbf" + many.write_csv().encode())
