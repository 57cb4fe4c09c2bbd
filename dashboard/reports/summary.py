"""The report's sentences, computed: change the data and the sentence changes; nothing notable says so."""

import math

import pandas as pd

from dashboard.reports.chinese import one_decimal, percent, whole
from gis.texts import Texts

#: below this the figure is called unchanged [share]
FLAT = 0.0005
#: when the best and worst community differ by less than this share, none stands out
EVEN = 0.1


def said_change(texts: Texts, share: float) -> str:
    """上升3.5% / 下降1.6% / 持平."""
    if abs(share) < FLAT:
        return texts("report.say.flat")
    return texts("report.say.rise" if share > 0 else "report.say.fall", share=percent(abs(share)))


def compared(texts: Texts, year: float, month: float) -> str:
    """The comparison clause, with whichever of 同比 and 环比 there is."""
    has_year, has_month = not math.isnan(year), not math.isnan(month)
    if has_year and has_month:
        return texts("report.say.compared.both", year=said_change(texts, year), before=said_change(texts, month))
    if has_year:
        return texts("report.say.compared.year", year=said_change(texts, year))
    if has_month:
        return texts("report.say.compared.before", before=said_change(texts, month))
    return ""


def demand_sentences(
    texts: Texts, table: pd.DataFrame, total: pd.Series, *, month: str, days: int, whole_name: str, items: list[str]
) -> list[str]:
    """Say how much and compared with what; who stands out and why; how well it was handled.

    Parameters
    ----------
    table, total
        From `facts.demand_table` and `facts.total_row`.
    days
        Days of the month.
    items
        What grew most in the community with the highest rate, at most two names.
    """
    if total["requests"] == 0:
        return [texts("report.say.demand.none", month=month, whole=whole_name)]
    sentences = [
        texts(
            "report.say.demand.total",
            month=month,
            whole=whole_name,
            requests=whole(total["requests"]),
            per_day=whole(total["requests"] / days),
            per_1000=one_decimal(total["per_1000"]),
            compared=compared(texts, total["year_change"], total["month_change"]),
        )
    ]
    rated = table.dropna(subset=["per_1000"]).sort_values("per_1000", ascending=False)
    if len(rated) > 1:
        top = rated.iloc[0]
        if (top["per_1000"] - rated["per_1000"].iloc[-1]) < EVEN * total["per_1000"]:
            sentences.append(texts("report.say.demand.even"))
        else:
            reason = texts("report.say.demand.reason", items=texts("report.say.join").join(items)) if items else ""
            sentences.append(
                texts(
                    "report.say.demand.top",
                    name=top["name"],
                    per_1000=one_decimal(top["per_1000"]),
                    compared=compared(texts, top["year_change"], top["month_change"]),
                    reason=reason,
                )
            )
    return [*sentences, punctuality_sentence(texts, table, total, whole_name=whole_name)]


def punctuality_sentence(texts: Texts, table: pd.DataFrame, total: pd.Series, *, whole_name: str) -> str:
    """Say what share was closed in time, and who was lowest and highest."""
    if math.isnan(total["punctual"]):
        return texts("report.say.demand.nothing_due")
    ranked = table.dropna(subset=["punctual"]).sort_values("punctual")
    if len(ranked) < 2:
        return texts("report.say.demand.punctual.alone", share=percent(total["punctual"]))
    low, high = ranked.iloc[0], ranked.iloc[-1]
    return texts(
        "report.say.demand.punctual",
        whole=whole_name,
        share=percent(total["punctual"]),
        low=low["name"],
        low_share=percent(low["punctual"]),
        high=high["name"],
        high_share=percent(high["punctual"]),
    )
