"""Checks that several feeds share, vectorised: each answers with the rows that fail."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from etl.faults import Faults, Mask

#: words people type to try a form out, and what keyboards give when a hand slides over them
_TRIALS = frozenset(
    [
        "测试", "测试数据", "测试工单", "测试一下", "试试", "测试用", "无内容", "哈哈", "哈哈哈", "啊啊啊",
        "test", "testing", "demo", "asdf", "asdfg", "asdfgh", "qwer", "qwert", "qwerty", "zxcv", "abc", "abcd", "xxx",
    ]
)  # fmt: skip
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = np.array(list("10X98765432"))
#: signs of a unified social credit code by their value; I, O, S, V and Z are none
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
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
        wrong = is_given(keys)
        wrong[wrong] = ~keys[wrong].str.fullmatch(pattern).to_numpy(dtype=bool)
        faults.add("key_scheme", "source_key", wrong)


def is_rubbish(values: "pd.Series[str]") -> Mask:
    """Texts that say nothing: trial words, one sign repeated, only digits or marks, a few stray Latin letters."""
    unique = values.unique()
    said = {text: says_nothing(text) for text in unique}
    return np.array([said[text] for text in values], dtype=bool)


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
    formed = given.copy()
    formed[given] = numbers[given].str.fullmatch(r"\d{17}[\dX]").to_numpy(dtype=bool)
    faults.add("identity_form", "identity", given & ~formed)
    if not formed.any():
        return
    digits = np.array([list(number[:17]) for number in numbers[formed]]).astype(np.int64)
    last = np.array([number[17] for number in numbers[formed]])
    wrong_digit = np.zeros(len(rows), dtype=bool)
    wrong_digit[formed] = _CHECK[(digits * _WEIGHTS).sum(axis=1) % 11] != last
    faults.add("check_digit", "identity", wrong_digit)
    born = pd.to_datetime(numbers[formed].str.slice(6, 14).astype(object), format="%Y%m%d", errors="coerce")
    impossible = np.zeros(len(rows), dtype=bool)
    impossible[formed] = born.isna().to_numpy()
    faults.add("identity_birthday", "identity", impossible)
    stated = birth[formed]
    differs = np.zeros(len(rows), dtype=bool)
    differs[formed] = (born.notna() & stated.notna() & (born.to_numpy() != stated.to_numpy())).to_numpy(dtype=bool)
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
