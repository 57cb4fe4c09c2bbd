"""Checks that several feeds share, vectorised: each answers with the rows that fail."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from etl.faults import Faults, Mask

#: words people type to try a form out, and what keyboards give when a hand slides over them
_TRIALS = frozenset(
    [
        "测试", "测试数据", "测试工单", "测试一下", "试试", "测试用", "无内容", "哈哈", "哈哈哈", "啊啊啊",
        "test", "testing", "demo", "asdf", "asdfg", "asdfgh", "qwer", "qwert", "qwerty", "zxcv", "abc", "abcd", "xxx",
    ]
)  # fmt: skip
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
#: signs of a unified social credit code by their value; I, O, S, V and Z are none
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_TENS = np.array([1000, 100, 10, 1])
#: nobody on file is older [years]
OLDEST = 125


def is_given(values: "pd.Series[str]") -> Mask:
    """Where a text is not empty."""
    return (values != "").to_numpy(dtype=bool, copy=True)


def require(rows: pd.DataFrame, faults: Faults, *columns: str) -> None:
    """Note `missing` where one of the columns is empty."""
    for column in columns:
        faults.add("missing", column, ~is_given(rows[column]))


def chosen(values: "pd.Series[str]", choices: Mapping[str, str]) -> tuple["pd.Series[str]", Mask]:
    """Map a column of fixed choices to our words; the mask tells the given values that are none of them."""
    mapped = values.map(choices)
    return mapped, mapped.isna().to_numpy(dtype=bool) & is_given(values)


def whole_numbers(values: "pd.Series[str]") -> tuple["pd.Series[float]", Mask]:
    """Read whole numbers not below zero; NaN where empty, and a mask of the given values that are none."""
    numbers = pd.to_numeric(values.where(is_given(values), None).astype(object), errors="coerce").astype(float)
    wrong = is_given(values) & (numbers.isna() | (numbers < 0) | (numbers % 1 != 0)).to_numpy(dtype=bool)
    return numbers.mask(wrong), wrong


def decimals(values: "pd.Series[str]") -> tuple["pd.Series[float]", Mask]:
    """Read numbers; NaN where empty, and a mask of the given values that are none."""
    numbers = pd.to_numeric(values.where(is_given(values), None).astype(object), errors="coerce").astype(float)
    wrong = is_given(values) & ~np.isfinite(numbers.to_numpy(dtype=float))
    return numbers.mask(wrong), wrong


def key_faults(rows: pd.DataFrame, faults: Faults, *, pattern: str) -> None:
    """Note a missing key, and a key that is in none of the feed's schemes."""
    keys = rows["source_key"]
    faults.add("missing_key", "source_key", ~is_given(keys))
    if pattern:
        faults.add("key_scheme", "source_key", is_given(keys) & ~matches(keys, pattern))


def is_rubbish(values: "pd.Series[str]") -> Mask:
    """Texts that say nothing: trial words, one sign repeated, only digits or marks, a few stray Latin letters."""
    codes, unique = pd.factorize(values)
    return np.array([says_nothing(text) for text in unique], dtype=bool)[codes]


@lru_cache(maxsize=65_536)
def says_nothing(text: str) -> bool:
    if not text:
        return False
    bare = re.sub(r"[\s\W_]+", "", text).lower()
    if not bare or bare in _TRIALS:
        return True
    if re.search(r"[\u3400-\u9fff]", bare):
        return bool(re.fullmatch(r"(.)\1{2,}", bare)) or bool(re.fullmatch(r"(测试)+\d*|测试.{0,2}", bare))
    return bool(re.fullmatch(r"\d+|(.)\1+|[a-z]{1,12}|[a-z]{1,6}\d{1,4}", bare)) and "+" not in text


def identity_faults(rows: pd.DataFrame, faults: Faults, *, birth: "pd.Series[pd.Timestamp]") -> None:
    """Check identity numbers (GB 11643-1999): form, check digit, possible birthday, agreement with the stated birthday.

    `rows` needs `identity`; `birth` is NaT where no birthday is stated.
    """
    numbers = rows["identity"].str.upper()
    given = is_given(numbers)
    formed = given & matches(numbers, r"\d{17}[\dX]")
    faults.add("identity_form", "identity", given & ~formed)
    if not formed.any():
        return
    # one row of 18 characters per number; other scripts' digits, which also pass for digits, are written as ours
    plain = "".join(numbers[formed].tolist())
    if not plain.isascii():
        plain = "".join(sign if sign == "X" else str(unicodedata.digit(sign)) for sign in plain)
    signs = np.frombuffer(plain.encode(), dtype=np.uint8).reshape(-1, 18)
    digits = signs[:, :17].astype(np.int64) - ord("0")
    wrong_digit = np.zeros(len(rows), dtype=bool)
    wrong_digit[formed] = _CHECK[(digits * _WEIGHTS).sum(axis=1) % 11] != signs[:, 17]
    faults.add("check_digit", "identity", wrong_digit)
    born = days_of(*(digits[:, first:last] @ _TENS[first - last :] for first, last in ((6, 10), (10, 12), (12, 14))))
    impossible = np.zeros(len(rows), dtype=bool)
    impossible[formed] = np.isnat(born)
    faults.add("identity_birthday", "identity", impossible)
    stated = birth[formed].to_numpy(dtype="datetime64[D]")
    differs = np.zeros(len(rows), dtype=bool)
    differs[formed] = ~np.isnat(born) & ~np.isnat(stated) & (born != stated)
    faults.add("birthday_differs", "birth_date", differs)


def credit_code_faults(codes: "pd.Series[str]", faults: Faults, column: str) -> None:
    """Check unified social credit codes (GB 32100-2015): 18 characters, the last one of a weighted sum by 31."""
    given = is_given(codes)
    formed = given.copy()
    formed[given] = codes[given].str.fullmatch(f"[{_CREDIT}]{{18}}").to_numpy(dtype=bool)
    faults.add("credit_code_form", column, given & ~formed)
    wrong = formed.copy()
    wrong[formed] = [
        _CREDIT[-sum(_CREDIT.index(sign) * 3**place % 31 for place, sign in enumerate(code[:17])) % 31] != code[17]
        for code in codes[formed]
    ]
    faults.add("check_digit", column, wrong)


def days_of(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Days of the calendar; NaT where there is no such day."""
    possible = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days: NDArray[np.datetime64] = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    days[~(possible & (days.astype("datetime64[M]") == months))] = np.datetime64("NaT")
    return days


def matches(values: "pd.Series[str]", pattern: str) -> Mask:
    """Where a text as a whole is what `pattern` says, as `re.fullmatch` has it."""
    texts = pa.array(values)
    try:
        found = pc.match_substring_regex(texts, rf"\A(?:{pattern})\z")
    except pa.ArrowInvalid:
        # what Arrow's expressions do not know, looking ahead for one
        return values.map(lambda text: bool(re.fullmatch(pattern, text))).to_numpy(dtype=bool)
    result = np.array(pc.fill_null(found, False), dtype=bool)
    # digits of other scripts are digits to Python only
    for at in np.flatnonzero(~result & ~np.array(pc.fill_null(pc.string_is_ascii(texts), True), dtype=bool)):
        result[at] = bool(re.fullmatch(pattern, values.iloc[at]))
    return result


def age_faults(birth: "pd.Series[pd.Timestamp]", faults: Faults, *, today: date) -> None:
    """Note who is born after today or older than anybody."""
    day = pd.Timestamp(today)
    faults.add("born_later", "birth_date", (birth > day).to_numpy(dtype=bool))
    faults.add("too_old", "birth_date", (birth < day - pd.DateOffset(years=OLDEST)).to_numpy(dtype=bool))


def order_faults(
    earlier: "pd.Series[pd.Timestamp]", later: "pd.Series[pd.Timestamp]", faults: Faults, column: str
) -> None:
    """Note in `column` where what comes later is before what comes first."""
    faults.add("before_start", column, (later < earlier).to_numpy(dtype=bool))


def community_forms(names: Mapping[str, str]) -> dict[str, str]:
    """Every way a community's name is written in a column of communities -> its code; `names` are by code."""
    forms: dict[str, str] = {}
    for code, name in names.items():
        stem = name.removesuffix("居委会").removesuffix("社区")
        for form in (name, stem, f"{stem}社区", f"{stem}社区居委会", f"{stem}居委会", f"{stem}村", code):
            forms.setdefault(form, code)
    return forms


def community_faults(
    values: "pd.Series[str]", forms: Mapping[str, str], sources: Iterable[str], faults: Faults, column: str
) -> "pd.Series[str]":
    """Map written communities to codes; a report's source in the column is told from an unknown name."""
    codes, unknown = chosen(values, dict(forms))
    is_source = unknown & values.isin(list(sources)).to_numpy(dtype=bool)
    faults.add("source_as_community", column, is_source)
    faults.add("unknown_community", column, unknown & ~is_source)
    return codes
