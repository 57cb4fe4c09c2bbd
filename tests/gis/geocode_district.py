"""A small invented sub-district for the geocoder's tests, laid out so that expected answers can be seen by eye."""

from gis.geocode import Gazetteer, GazetteerAlias, GazetteerBuilding, GazetteerJunction, GazetteerPlace


def invented_gazetteer() -> Gazetteer:
    """Return two communities, six estates (one with zones), three roads, two crossings, two institutions, a village."""
    places = [
        GazetteerPlace("C1", "community", "桃林社区", lon=120.50, lat=31.30),
        GazetteerPlace("C2", "community", "望江社区", lon=120.52, lat=31.30),
        GazetteerPlace("E1", "compound", "翠湖花园", "C1", 120.500, 31.305, "枣林路88号"),
        GazetteerPlace("E1a", "compound", "翠湖花园一区", "E1", 120.500, 31.306, "枣林路88号"),
        GazetteerPlace("E1b", "compound", "翠湖花园二区", "E1", 120.500, 31.304, "枣林路88号"),
        GazetteerPlace("E2", "compound", "桃林新村", "C1", 120.505, 31.305, "学士街15号"),
        GazetteerPlace("E3", "compound", "三元一村", "C1", 120.507, 31.305),
        GazetteerPlace("E4", "compound", "枣林路小区", "C2", 120.520, 31.305),
        GazetteerPlace("E5", "compound", "望江名邸", "C2", 120.522, 31.305),
        GazetteerPlace("E6", "compound", "望江华庭", "C2", 120.524, 31.305),
        GazetteerPlace("R1", "road", "枣林路", lon=120.51, lat=31.306),
        GazetteerPlace("R2", "road", "学士街", lon=120.51, lat=31.303),
        GazetteerPlace("R3", "road", "望江大道", lon=120.515, lat=31.30),
        GazetteerPlace("P1", "poi", "桃林实验小学", "C1", 120.506, 31.301),
        GazetteerPlace("P2", "poi", "城北派出所", "C2", 120.521, 31.301, "望江大道7号"),
        GazetteerPlace("V1", "village", "鲤鱼塘村", "C1", 120.501, 31.304),
    ]
    buildings = [
        *(_building("E1a", number, 120.4990 + number * 0.0002, 31.3062) for number in range(1, 11)),
        *(_building("E1b", number, 120.4990 + number * 0.0002, 31.3042) for number in range(11, 21)),
        *(_building("E2", number, 120.5040 + number * 0.0002, 31.3052) for number in range(1, 31)),
        *(_building("E3", number, 120.5070 + number * 0.0002, 31.3052) for number in range(1, 9)),
        *(_building("E4", number, 120.5200 + number * 0.0002, 31.3052) for number in range(1, 9)),
        *(_building("E5", number, 120.5220 + number * 0.0002, 31.3052) for number in range(1, 9)),
        *(_building("E6", number, 120.5240 + number * 0.0002, 31.3052) for number in range(1, 9)),
    ]
    return Gazetteer(
        places,
        aliases=[
            GazetteerAlias("E1", "翠湖公馆", "former_name"),
            GazetteerAlias("E1", "鲤鱼塘村", "resettled_to"),
            GazetteerAlias("P1", "桃林实小", "abbreviation"),
        ],
        buildings=buildings,
        junctions=[
            GazetteerJunction("R1", "R2", 120.5100, 31.3050),
            GazetteerJunction("R3", "R1", 120.5150, 31.3055),
        ],
    )


def _building(place_id: str, number: int, lon: float, lat: float) -> GazetteerBuilding:
    return GazetteerBuilding(f"{place_id}-{number}", place_id, str(number), 3, 6, 2, lon, lat)
