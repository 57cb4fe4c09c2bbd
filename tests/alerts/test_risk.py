"""The risk score: factors by hand, a fit that finds what is there, a control that stays flat, kinds compared fairly.

The history comes from the sample's generator at full size (two years, drawn only, nothing loaded); the score shares
neither code nor constants with it.
"""

import numpy as np
import pandas as pd
import pytest

from alerts.risk.backtest import (
    area_under,
    control,
    flags,
    history_of,
    lift,
    of_kind,
    predict,
    reliability,
    report,
    skill,
)
from alerts.risk.factors import FACTORS, Places, factors, marked, outcomes
from alerts.risk.model import fit
from tests.alerts.drawn import drawn_records

FLAGS = ("dispute", "property", "wages", "turnover", "petition", "escalated", "overdue", "returned")


def records(*rows):
    """Records by (place, day, flags)."""
    table = pd.DataFrame(
        [{"place": place, "day": day, **{flag: flag in flags_of for flag in FLAGS}} for place, day, flags_of in rows]
    )
    return marked(table.assign(building=table["place"], near=table["place"]))


def places(count, kind="commercial"):
    return Places(tuple(map(str, range(count))), (kind,) * count, np.full(count, 100.0), np.zeros(count))


def measured(table, count, day, name):
    return np.expm1(factors(table, places(count), day=day)[:, FACTORS.index(name)]).round(6).tolist()


def test_factors_count_what_lay_in_their_windows_before_the_day():
    table = records(
        (0, 99, {"dispute"}), (0, 70, {"dispute"}), (0, 69, {"dispute"}), (1, 100, {"dispute"}), (1, 30, {"petition"}),
    )  # fmt: skip

    # on day 100 the last 30 days are 70 … 99; day 100 itself is not known yet
    assert measured(table, 2, 100, "disputes") == [2.0, 0.0]
    assert measured(table, 2, 100, "disputes_before") == [1.0, 0.0]
    assert measured(table, 2, 100, "petitions") == [0.0, 1.0]


def test_a_repeated_dispute_is_one_that_follows_another_in_the_same_building():
    table = records(
        (0, 10, {"dispute"}), (0, 15, {"dispute"}), (0, 80, {"dispute"}), (1, 81, {"dispute"}), (1, 82, set())
    )

    # 15 follows 10 within a week; 80 comes 65 days later; 82 is no dispute
    assert table["near_repeat"].tolist() == [False, True, False, False, False]
    assert table["repeated"].tolist() == [False, True, False, False, False]


def test_outcomes_are_the_escalations_of_the_next_thirty_days():
    table = records((0, 100, {"escalated"}), (0, 129, {"escalated"}), (0, 130, {"escalated"}), (1, 99, {"escalated"}))

    assert outcomes(table, places(2), day=100).tolist() == [2.0, 0.0]


def test_the_fit_finds_the_weight_that_made_the_data_and_leaves_noise_alone():
    generator = np.random.default_rng(1)
    table = generator.normal(size=(4000, len(FACTORS)))
    mean = np.exp(-1.0 + 0.6 * table[:, 0])

    model = fit(table, generator.poisson(mean).astype(float))

    assert model.weights[0] == pytest.approx(0.6, abs=0.06)
    assert np.abs(model.weights[1:]).max() < 0.08
    assert model.probability(table).mean() == pytest.approx((1 - np.exp(-mean)).mean(), abs=0.02)
    assert fit(table[:50], np.zeros(50)) is None


def test_measures_by_hand():
    p = np.array([[0.8, 0.1, 0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1]])
    y = np.array([[1, 0, 0, 0, 1, 0, 0, 0, 0, 0]], dtype=bool)

    assert flags(p[0]).tolist() == [True] + [False] * 9
    # one of two escalations among a tenth: 1 / (2 x 0.1)
    assert lift(np.array([flags(p[0])]), y) == pytest.approx(5.0)
    # above it lie 9 of 8 + 8 pairs … both escalations beat all eight others
    assert area_under(p[0], y[0]) == 1.0
    assert area_under(np.full(10, 0.5) + np.arange(10) * 1e-9, y[0]) == pytest.approx((0 + 3) / 16)
    base = np.full_like(p, 0.2)
    # (.04 + 7 x .01 + .04 + .49) / (2 x .64 + 8 x .04)
    assert skill(p, y, base) == pytest.approx(1 - 0.64 / 1.6)
    assert [one["n"] for one in reliability(p, y)] == [2] * 5


def test_a_kind_that_is_promised_more_than_happens_is_named():
    months, count = 12, 20
    happened = np.zeros((months, count), dtype=bool)
    happened[:, ::5] = True  # a fifth, everywhere
    probability = np.where(np.arange(count) < 10, 0.2, 0.6) * np.ones((months, 1))
    kinds_of = ["commercial"] * 10 + ["resettlement"] * 10
    marks = np.array([flags(row) for row in probability])

    fair, unfair = (of_kind(kind, probability, happened, marks, kinds_of) for kind in ("commercial", "resettlement"))

    assert (fair["observed"], fair["expected"], fair["too_often"]) == (24, pytest.approx(24.0), False)
    # 24 happened where 72 were promised; the interval of 24 ends at 35.7
    assert unfair["ratio"] == pytest.approx(1 / 3)
    assert unfair["too_often"]
    assert unfair["high"] == pytest.approx(35.71 / 72, abs=0.001)
    assert unfair["false_positive"] > fair["false_positive"] == 0


def test_a_month_in_which_nothing_escalated_has_no_lift():
    marks = np.array([[True, False, False, False]])

    assert lift(marks, np.zeros((1, 4), dtype=bool)) is None
    # one of the four is flagged, and it is the one: four times as often as by chance
    assert lift(marks, marks) == 4.0


@pytest.fixture(scope="module")
def drawn():
    return drawn_records(seed=1)


@pytest.fixture(scope="module")
def history(drawn):
    table, scored = drawn
    return history_of(table, scored, first_day=int(table["day"].min()), last_day=int(table["day"].max()))


@pytest.fixture(scope="module")
def told(drawn, history):
    return report(history, drawn[1])


def test_the_score_lifts_is_calibrated_and_beats_the_base_rate(told):
    assert len(told["months"]) >= 12
    assert told["lift_low"] > 1.5
    assert told["brier_skill"] > 0.08
    assert told["auc"] > 0.68
    for one in told["reliability"]:
        # what was predicted lies in, or within five points of, the interval of what was observed
        assert one["low"] - 0.05 <= one["predicted"] <= one["high"] + 0.05
    predicted = [one["predicted"] for one in told["reliability"]]
    assert predicted == sorted(predicted)


def test_where_there_is_nothing_to_find_the_score_stays_flat(told, history):
    assert told["control"]["lift"] == pytest.approx(1.0, abs=0.35)
    assert told["control"]["brier_skill"] < 0.01
    assert told["control"]["spread"] < 0.3 * told["spread"]
    # each month keeps its number of escalations; only their places change
    dealt = control(history, seed=3)
    assert (dealt.escalated.sum(axis=1) == history.escalated.sum(axis=1)).all()
    assert predict(dealt).probability.std() < predict(history).probability.std() / 2


def test_no_kind_of_compound_is_flagged_more_than_its_escalations_justify(told):
    compared = {one["kind"]: one for one in told["kinds"]}

    assert set(compared) == {"commercial", "resettlement", "apartment"}
    for one in compared.values():
        assert not one["too_often"]
        assert one["low"] <= 1.0 <= one["high"]


def test_a_prediction_knows_nothing_of_its_own_month(drawn):
    table, scored = drawn
    last = int(table["day"].max())
    whole = history_of(table, scored, first_day=int(table["day"].min()), last_day=last)
    cut = table["day"] < whole.days[-2] + 30
    known = history_of(table[cut], scored, first_day=int(table["day"].min()), last_day=whole.days[-2] + 29)

    assert whole.days[-2] == known.days[-1]
    assert predict(whole).probability[-2] == pytest.approx(predict(known).probability[-1], abs=1e-9)
