"""Why a text was not placed, what may be meant, and which words were understood: by an invented sub-district."""

import pytest

from casework.unplaced.names import name_to_learn, unknown_name
from casework.unplaced.offers import offer_name, offers_for, shares
from casework.unplaced.queue import Engine
from casework.unplaced.reasons import Reason, places_text, shared_stem, why
from casework.unplaced.spans import understood
from gis.geocode import Gazetteer, GazetteerBuilding, GazetteerJunction, GazetteerPlace, Geocoder
from gis.placing import Territory
from gis.texts import texts_in

ZH, EN = texts_in("zh"), texts_in("en")


def small_gazetteer() -> Gazetteer:
    """An estate of three zones of which each has no. 12, one with houses 1 to 5, and a road with two crossings."""
    zones = [("Ea", "北区", 31.306), ("Eb", "西区", 31.304), ("Ec", "南区", 31.302)]
    roads = [("R1", "枣林路"), ("R2", "学士街"), ("R3", "望江大道")]
    return Gazetteer(
        [
            GazetteerPlace("C1", "community", "桃林社区", lon=120.50, lat=31.30),
            GazetteerPlace("E", "compound", "翠湖花园", "C1", 120.500, 31.304),
            *(GazetteerPlace(key, "compound", f"翠湖花园{name}", "E", 120.500, lat) for key, name, lat in zones),
            GazetteerPlace("F", "compound", "望江名邸", "C1", 120.522, 31.305),
            *(GazetteerPlace(key, "road", name, lon=120.51, lat=31.305) for key, name in roads),
        ],
        buildings=[
            *(GazetteerBuilding(f"{key}-12", key, "12", 2, 6, 2, 120.5, lat) for key, _, lat in zones),
            *(GazetteerBuilding(f"F-{n}", "F", str(n), 2, 6, 2, 120.522 + n * 0.0002, 31.305) for n in range(1, 6)),
        ],
        junctions=[GazetteerJunction("R1", "R2", 120.51, 31.305), GazetteerJunction("R1", "R3", 120.53, 31.305)],
    )


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Geocoder(small_gazetteer()), Territory((), (), (), ()))


def reason_for(engine: Engine, words: str, *, is_inside: bool = True) -> Reason:
    return why(words, engine.geocoder.locate(words), engine.gazetteer, is_inside=is_inside)


@pytest.mark.parametrize(
    ("words", "name", "sentence"),
    [
        ("翠湖花园12幢楼道堆放杂物", "same_building", "翠湖花园北、西、南三区均有 12 幢"),
        ("翠湖花园九区3幢", "zone_unknown", "登记中翠湖花园没有9区，只有翠湖花园北区、翠湖花园西区、翠湖花园南区"),
        ("枣林路井盖松动", "road", "枣林路有 2 个路口，文字未写明在哪一段"),
        ("桃林社区健身器材损坏", "community", "只写到桃林社区，未写具体位置"),
        ("雄狮路工地夜间施工", "outside", "“雄狮路”不在本街道地名库中"),
        ("小区门口路灯不亮", "no_name", "文字里没有可辨认的地名"),
        (" ", "empty", "来件没有填写地点"),
    ],
)
def test_the_reason_is_a_sentence_of_what_is_known(engine: Engine, words: str, name: str, sentence: str):
    reason = reason_for(engine, words)

    assert (reason.name, reason.sentence(ZH)) == (name, sentence)
    assert reason.sentence(EN).isascii() or reason.facts, "English is said in English, but for names"


def test_what_lies_beyond_the_border_says_so(engine: Engine):
    assert reason_for(engine, "望江名邸3幢", is_inside=False).sentence(ZH) == "望江名邸在街道界线以外"


def test_a_house_number_that_is_not_on_file_offers_its_neighbours(engine: Engine):
    from casework.unplaced.reasons import building_unknown

    reason = building_unknown(engine.gazetteer, "F", "7")
    offers = offers_for(engine.geocoder.locate("望江名邸7幢"), reason, engine.gazetteer)

    assert reason.sentence(ZH) == "望江名邸登记有 5 幢，最大 5 幢，没有 7 幢"
    assert [offer.key for offer in offers] == ["F-5", "F-4", "F"]


def test_every_zone_with_the_house_is_offered_with_its_share(engine: Engine):
    location = engine.geocoder.locate("翠湖花园12幢")
    offers = shares(offers_for(location, reason_for(engine, "翠湖花园12幢"), engine.gazetteer))

    assert [offer.key for offer in offers] == ["Ea-12", "Eb-12", "Ec-12"]
    assert offer_name(offers[0], engine.gazetteer, ZH) == "翠湖花园北区 12 幢"
    assert [offer.weight for offer in offers] == pytest.approx([1 / 3] * 3)


def test_a_road_offers_its_crossings_from_end_to_end(engine: Engine):
    location = engine.geocoder.locate("枣林路井盖松动")
    offers = offers_for(location, reason_for(engine, "枣林路井盖松动"), engine.gazetteer)

    assert [offer_name(offer, engine.gazetteer, ZH) for offer in offers] == [
        "枣林路与学士街路口",
        "枣林路与望江大道路口",
    ]
    assert {offer.level for offer in offers} == {"junction"}


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("翠湖花园 12 幢楼道堆放杂物", ["翠湖花园 12 幢"]),
        ("居民反映枣林路井盖松动", ["枣林路"]),
        ("翠湖花园１２幢", ["翠湖花园１２幢"]),
        ("小区门口", []),
    ],
)
def test_the_understood_words_are_marked_as_they_were_written(engine: Engine, words: str, marked: list[str]):
    spans = understood(words, engine.geocoder.locate(words))

    assert [words[first:last] for first, last in spans] == marked


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("居民反映甲家老街12号有人堆放杂物", "甲家老街"),
        ("枫桥街道老面粉厂宿舍5幢漏水", "老面粉厂宿舍"),
        ("玉兰小苑3幢电梯停运", "玉兰小苑"),
        ("一楼住户反映马路对面施工", ""),
        ("小区里有人打牌", ""),
        ("21幢1单元门口", ""),
    ],
)
def test_what_is_said_like_a_name_can_be_learned(words: str, name: str):
    assert unknown_name(words) == name


def test_a_misspelt_name_is_offered_for_the_estate_it_was_taken_for(engine: Engine):
    words = "翠胡花园12幢"
    assert name_to_learn(words, engine.geocoder.locate(words), engine.known) == ("翠胡花园", "E")
    known = "翠湖花园12幢"
    assert name_to_learn(known, engine.geocoder.locate(known), engine.known) == ("", "")


def test_names_that_differ_in_one_word_are_said_as_one():
    assert shared_stem(("翠湖花园北区", "翠湖花园西区")) == ("翠湖花园", ("北区", "西区"))
    assert places_text(("翠湖花园北区", "翠湖花园西区"), ZH) == "翠湖花园北、西两区"
    assert places_text(("翠湖花园北区", "小翠湖"), ZH) == "翠湖花园北区、小翠湖"
