"""A name that belonged to another place once: the day of the record decides."""

from datetime import date

from gis.dated_gazetteer import DatedGazetteer, NameSpan
from gis.geocode import Gazetteer, GazetteerAlias, GazetteerBuilding, GazetteerPlace, Geocoder

# 甲苑 was renamed 乙苑 on 2021-05-01; a new estate took the name 甲苑 on 2022-01-01
RENAMED, TAKEN = date(2021, 5, 1), date(2022, 1, 1)


def twice_named() -> DatedGazetteer:
    places = [
        GazetteerPlace("c", "community", "桃林社区", lon=120.50, lat=31.30),
        GazetteerPlace("old", "compound", "乙苑", "c", 120.501, 31.301),
        GazetteerPlace("new", "compound", "甲苑", "c", 120.510, 31.301, valid_from=TAKEN),
        GazetteerPlace("v", "compound", "丙家园", "c", 120.515, 31.301),
    ]
    aliases = [
        GazetteerAlias("old", "甲苑", "former_name"),
        GazetteerAlias("v", "丁家湾", "former_name"),
    ]
    buildings = [
        GazetteerBuilding(f"{one}-5", one, "5", 1, 6, 2, lon, 31.301)
        for one, lon in (("old", 120.501), ("new", 120.51))
    ]
    return DatedGazetteer(
        Gazetteer(places, aliases=aliases, buildings=buildings),
        # the former name of 丙家园 ended long ago and nobody took it
        (NameSpan("old", "甲苑", None, RENAMED), NameSpan("v", "丁家湾", None, date(1999, 1, 1))),
    )


def test_only_names_that_several_places_bear_are_contested():
    dated = twice_named()

    assert set(dated.contested) == {"甲苑"}
    assert dated.days == (RENAMED, TAKEN)


def test_the_same_words_mean_another_place_on_another_day():
    dated = twice_named()

    def meant(day: date) -> tuple[str, str]:
        found = Geocoder(dated.on(day)).locate("甲苑5幢")
        return found.status, found.place_id

    assert meant(date(2020, 6, 1)) == ("matched", "old")
    assert meant(date(2024, 6, 1)) == ("matched", "new")


def test_an_old_name_that_nobody_took_is_understood_for_ever():
    assert Geocoder(twice_named().on(date(2026, 1, 1))).locate("丁家湾").place_id == "v"


def test_only_texts_with_a_contested_name_are_read_by_their_day():
    dated = twice_named()
    texts, days = ["甲苑５幢", "丙家园", "甲苑5幢"], [date(2020, 1, 1), date(2020, 1, 1), None]

    # epoch 0 lies before the renaming, 2 after the new estate; what names nothing contested, or has no day, is of today
    assert dated.epochs_of(texts, days, today=date(2026, 1, 1)) == [0, 2, 2]


def test_a_gazetteer_without_contested_names_is_one_for_all_days():
    plain = DatedGazetteer(twice_named().whole, ())
    assert plain.days == ()
    assert plain.on(date(1990, 1, 1)) is plain.whole
