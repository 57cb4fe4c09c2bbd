"""What stands before a name: administrative parts, words of speech, and words that only belong to a sentence."""

import re
from importlib import resources

# provinces, prefecture-level cities and large county-level ones by their short names, so that a city before a name is
# told from it (Ministry of Civil Affairs, list of administrative divisions)
CITIES = frozenset(
    resources.files("gis.geocode").joinpath("data", "cities.csv").read_text(encoding="utf-8").splitlines()[1:]
)
_CITY = "|".join(sorted(CITIES, key=len, reverse=True))
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
    r"收货|现住|户籍|联系)+)+"
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
    r"[东南西北]{1,2}(?:大?门|侧|面|边|角|头|首|出口|方向|\d)|正?门|入口|出口|停车场|地下|车库|一带|区域|收|村民|居民|交界|之间|与|和)"
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
