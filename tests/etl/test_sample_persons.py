import datetime as dt

import numpy as np
import pytest

from etl.sample.persons import apportion, build_persons, identity_numbers, residents_table
from etl.sample.world import build_world
from gis.errors import BadInput
from tests.etl.sample_world import UNTIL, small_world


def test_the_published_example_gets_its_check_character():
    # GB 11643-1999, annex: area 110105, born 1949-12-31, serial 002 has the check character X. Serial numbers here
    # depend on area and day, so the weights are tried on the body of the example itself.
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    number = identity_numbers([990101], np.array(["1990-01-02"], dtype="datetime64[D]"), np.array([True]))[0]
    total = sum(weight * int(digit) for weight, digit in zip(weights, number, strict=False))
    assert number[-1] == "10X98765432"[total % 11]
    example = sum(weight * int(digit) for weight, digit in zip(weights, "11010519491231002", strict=True))
    assert "10X98765432"[example % 11] == "X"


def test_identity_numbers_are_distinct_never_issued_and_tell_birth_and_sex():
    birth = np.array(["1990-01-02"] * 300, dtype="datetime64[D]")
    female = np.arange(300) % 2 == 0
    numbers = identity_numbers(np.full(300, 990101), birth, female)
    assert len(set(numbers)) == 300
    assert all(number.startswith("99") and number[6:14] == "19900102" for number in numbers)
    assert [int(number[16]) % 2 == 0 for number in numbers] == female.tolist()


def test_shares_are_rounded_to_the_wanted_sum():
    # 10 · (1, 1, 1) / 3 = 3.33 each; one of them takes the rest
    assert sorted(apportion(np.ones(3), 10)) == [3, 3, 4]


def test_persons_are_counted_exactly_at_any_scale():
    persons = small_world().persons
    # 230 464 · 0.02 = 4 609.28, 76 158 · 0.02 = 1 523.16
    assert len(persons) == 4609
    assert persons["registered"].sum() == 1523
    assert (persons["age"] < 18).sum() == round(0.22 * 4609)
    assert (persons["age"] >= 60).sum() == round(0.20 * 4609)


def test_persons_at_full_scale_are_the_numbers_on_file():
    persons = build_persons(small_world().fabric, until=UNTIL, scale=1.0, seed=1)
    assert len(persons) == 230_464
    assert persons["registered"].sum() == 76_158
    assert (~persons["registered"]).sum() == 154_306
    assert (persons["age"] < 18).mean() == pytest.approx(0.22, abs=1e-4)
    assert (persons["age"] >= 60).mean() == pytest.approx(0.20, abs=1e-4)
    beds = persons[persons["bed"] > 0]
    assert not beds.duplicated(["building", "room", "bed"]).any()


def test_ages_hold_on_the_last_day_of_the_history():
    persons = small_world().persons
    born = [dt.date.fromisoformat(str(day)[:10]) for day in persons["birth"].to_numpy().astype("datetime64[D]")]
    turned = [UNTIL.year - day.year - ((UNTIL.month, UNTIL.day) < (day.month, day.day)) for day in born]
    assert turned == persons["age"].tolist()


def test_every_household_has_a_grown_up_head_and_lives_in_one_dwelling():
    persons = small_world().persons
    heads = persons[persons["slot"] == 0]
    assert heads["household"].is_unique
    assert (heads["age"] >= 18).all()
    per_household = persons.groupby("household")[["building", "unit", "room", "registered"]].nunique()
    assert (per_household == 1).all().all()


def test_dwellings_exist_in_their_buildings():
    world = small_world()
    homes = world.fabric.buildings.loc[world.persons["building"]].reset_index(drop=True)
    room = world.persons["room"]
    assert (world.persons["unit"] <= homes["units"]).all()
    assert (room // 100).between(1, homes["floors"]).all()
    assert (room % 100).between(1, homes["rooms"]).all()


def test_there_are_fifty_thousand_beds():
    assert small_world().fabric.buildings["beds"].sum() == 50_000


def test_the_register_names_nobody_real():
    world = small_world()
    table = residents_table(world.persons, world.fabric, until=world.until, seed=world.seed)
    assert table["身份证号"].str.startswith("99").all()
    assert table["身份证号"].is_unique
    assert table.loc[table["手机号"] != "", "手机号"].str.fullmatch(r"100\d{8}").all()
    assert (table["登记日期"] <= UNTIL.isoformat()).all()
    assert (table["登记日期"] >= table["出生日期"]).all()


def test_a_scale_of_nought_is_refused():
    with pytest.raises(BadInput, match="above 0"):
        build_world(seed=1, scale=0.0, until=UNTIL)
