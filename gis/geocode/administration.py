"""What stands before a name: administrative parts, words of speech, and words that only belong to a sentence."""

import re
from functools import cache
from importlib import resources
from math import cos, hypot, radians

from gis.geocode.confusion import sounds


# provinces, prefecture-level cities and large county-level ones by their short names, with a point and how far they
# reach from it [km], so that a city before a name is told from it and one far away is noticed (Ministry of Civil
# Affairs, list of administrative divisions; points of their counties from the package cpca 0.5.5, MIT)
def _cities() -> dict[str, tuple[float, float, float]]:
    lines = resources.files("gis.geocode").joinpath("data", "cities.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split(",") for line in lines)
    return {name: (float(lon), float(lat), float(reach_km)) for name, lon, lat, reach_km in rows}


CITIES = _cities()
_KM_PER_DEGREE = 111.195
_CITY = "|".join(sorted(CITIES, key=len, reverse=True))
_ANY_CITY = re.compile(_CITY)
_PARTS = re.compile(
    rf"(?:(?:{_CITY})(?:省|市|地区)?|[一-龥]{{2,5}}(?:自治区|自治州|自治县)|[一-龥]{{1,4}}?街道(?!办)"
    rf"|[一-龥]{{2,3}}?[市县旗](?!场|民|政)|(?:工业园|高新技术产业开发|经济技术开发|高新|经开|开发|新|园)区"
    rf"|[一-龥]{{2}}?区|[一-龥]{{2,3}}?[镇乡](?!政府))+"
)
_ANYWHERE = re.compile(
    rf"(?:{_CITY})(?=[省市]|[一-龥]{{1,3}}区|[一-龥]{{2}}街道)|[一-龥]{{2}}区(?=[一-龥]{{2,3}}(?:街道|镇))"
)
_START = re.compile(
    r"(?:[一-龥]{0,3}(?:反映|反應|来电|致电|上报|投诉|举报|求助|报告|咨询|表示|人称|业主|居民|市民|群众|网格员|工作人员)[称说:]*"
    r"|(?:家住|住在|我住|我家|我们|本人|请到|请来|麻烦|派人|到|来|在|于|地址|住址|位于|位置|事发地|地点|上门|送到|前往|坐落|居住|"
    r"收货|现住|户籍|联系|报修|反馈|帮忙|请问|你好|您好|关于|有关|紧急|速来|快来|刚才|刚刚|目前|现在|近日|最近|"
    r"(?:[昨今前]天|[昨今]晚|今早)(?:上午|下午|晚上|早上|夜里)?)+)+"
)
# the last character of what may stand before a name without being part of it
SPEECH = frozenset("在于到址映来是住报称去往至向的为说给处位家原老旧从对离经过由和与及跟同叫见查点地有系帮请边名电报")
ADMINISTRATIVE = frozenset("省市区县镇乡旗")
# a name directly followed by one of these is the beginning of another name
_OTHER_THING = re.compile(
    r"(?:第?[一二三四五六七八九\d]*(?:小学|中学|幼儿园|学校|实验)|酒店|宾馆|医院|卫生|超市|饭店|餐厅|大厦|广场|公园|公寓|花园|花苑|新村|"
    r"新苑|家园|名苑|苑|庭|府|墅|大厦|商城|市场|银行|工厂|公司|大道|大街|东路|西路|南路|北路|中路|路|街|巷|弄|桥|站|浜|河|湖|山|"
    r"科技园|产业园|工业园|派出所|社区|村|镇|街道)"
)
_PLACE_WORD = re.compile(
    r"(?:的)?(?:(?:正|斜|马路|大门|路)?对(?:面|过)|旁边?|附近|门口|大?门前|边上?|周边|隔壁|内|里面?|中|处|外面?|大厅|楼下|楼上|前面?|后面?|"
    r"[东南西北]{1,2}(?:大?门|侧|面|边|角|头|首|出口|方向|\d)|正?门|入口|出口|停车场|地下|负[一二三1-3]|车库|车位|商铺|门面|店面|店铺|储藏|楼道|岗亭|一带|区域|收|村民|居民|交界|之间|与|和)"
)
_OFFSET = re.compile(
    r"(?P<gap>[^东南西北]{0,4}?)(?P<side>[东南西北]{1,2})(?:侧|面|边|方向|方|首|向)?(?:大?约|约)?"
    r"(?P<metres>\d[\d ]{0,4})(?:米|M)"
)


def administrative_end(text: str) -> int:
    """Return where the leading words of speech and administrative parts end in a normalised text."""
    at = 0
    for _ in range(3):
        before = at
        for pattern in (_START, _PARTS):
            match = pattern.match(text, at)
            if match:
                at = match.end()
        if at == before:
            break
    if not at:
        # behind an opening nobody foresaw
        found = _ANYWHERE.search(text, 0, 24)
        parts = _PARTS.match(text, found.start()) if found else None
        at = parts.end() if parts else 0
    return at


def administrative_spans(text: str) -> list[tuple[int, int]]:
    """Return the stretches of a text that are administrative parts wherever they stand."""
    return [match.span() for match in re.finditer(r"[一-龥]{2}(?:街道(?!办|口)|镇(?!政府)|乡(?!政府))", text)]


def parts_end(text: str, at: int) -> int:
    """Return where the administrative parts that begin at a position end; the position itself if none do."""
    match = _PARTS.match(text, at)
    return match.end() if match else at


def cities_before(text: str, at: int) -> list[str]:
    """Return the cities and provinces of the administrative parts that end at a position."""
    for city in _ANY_CITY.finditer(text, max(0, at - 40), at):
        parts = _PARTS.match(text, city.start())
        if parts and parts.end() == at:
            return [one.group() for one in _ANY_CITY.finditer(text, city.start(), at)]
    return []


@cache
def far_cities(names: tuple[str, ...], lon: float, lat: float) -> str:
    """Return the cities of a chain that lie too far from a point to hold it, or an empty text if one may hold it.

    A city that sounds like one near the point is taken for that one: 宿州 is often written for 苏州.
    """

    def may_hold(name: str) -> bool:
        return any(
            _distance_km(lon, lat, there_lon, there_lat) <= reach
            for other, (there_lon, there_lat, reach) in CITIES.items()
            if other == name or _sound_alike(other, name)
        )

    return "" if all(may_hold(name) for name in names) else "".join(names)


def _sound_alike(one: str, other: str) -> bool:
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(not set(sounds(a)).isdisjoint(sounds(b)) for a, b in pairs)


def _distance_km(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    return _KM_PER_DEGREE * hypot((lon_b - lon_a) * cos(radians((lat_a + lat_b) / 2)), lat_b - lat_a)


def begins_other_thing(text: str) -> bool:
    """Tell whether what follows a name makes it the beginning of another thing's name."""
    return _OTHER_THING.match(text) is not None


def begins_place_word(text: str) -> bool:
    """Tell whether a name is followed by a word that says where near it: 对面, 门口, 东侧."""
    return _PLACE_WORD.match(text) is not None


def read_offset(text: str) -> tuple[str, float] | None:
    """Read direction and distance behind a landmark: ("东", 50.0) for 东侧50米.

    Up to four characters may stand between, as in 路口东50米.
    """
    match = _OFFSET.match(text)
    if not match:
        return None
    metres = float(match["metres"].replace(" ", ""))
    return (match["side"], metres) if 0 < metres <= 1000 else None
