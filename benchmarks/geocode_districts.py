"""Make sub-districts that do not exist, to train and judge the geocoder on names it will never meet again.

A district is a gazetteer with the habits of real ones: estates named after the village they replaced, after a road, by
a developer or by a wish; several estates of one stem; zones that number their buildings on or anew; places of the same
name with another suffix. Everything is drawn from a seed.
"""

import random
from dataclasses import dataclass, field

from benchmarks.geocode_noise import words
from gis.geocode import Gazetteer, GazetteerAlias, GazetteerBuilding, GazetteerJunction, GazetteerPlace
from gis.geocode.administration import CITIES as KNOWN_CITIES

LUCK = (
    "金银玉翠碧兰竹梅桂松柏荷莲虹霞彩锦华瑞祥和福康宁安泰平盛兴隆昌富丽景明春秋阳月星永长青绿红龙凤鹤鹿云"
    "天国民学文友爱德信义仁善元宝珠香芳佳美嘉雅秀清宏鑫润恒世誉尚御悦品臻璟澜"
)
LAND = "湖江河溪泉海山岭峰桥塘浜港湾城桥堰泾渎墩圩巷浦荡渡坝堤湫沙石林园庙"
SIDES = "东西南北中上下前后新"
FAMILIES = (
    "张王李陈刘杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任"
    "姚卢傅钟姜崔谭廖范汪陆石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷龙史陶贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
BRANDS = words(
    "万科 绿地 保利 龙湖 中海 融创 恒大 招商 金地 华润 世茂 旭辉 新城 正荣 阳光 朗诗 仁恒 绿城 中梁 弘阳 "
    "雅居乐 富力 远洋 首开 越秀 建发 国贸 中骏 金辉 祥生"
)
WISHES = words(
    "时代 国际 都市 未来 名门 公园 天下 年华 印象 风景 城市 经典 生活 四季 假日 明珠 花语 云著 天境 江南 "
    "理想 华庭 星辰 水岸 书香 丽景 东方 世纪 盛世 天玺 壹号 晴川 和悦 翡翠 熙岸 雲庭"
)
ESTATE_SUFFIXES = ["花园"] * 5 + [
    "花苑",
    "新村",
    "苑",
    "家园",
    "小区",
    "公寓",
    "新苑",
    "名苑",
    "佳苑",
    "雅苑",
    "山庄",
    "广场",
    "大厦",
    "府",
    "城",
    "名都",
    "华府",
    "庭",
    "里",
    "湾",
]
ROAD_SUFFIXES = ["路"] * 8 + ["街", "大道", "大街", "巷", "东路", "西路"]
POI_SUFFIXES = words(
    "派出所 小学 中学 幼儿园 医院 卫生服务中心 公园 广场 超市 菜场 农贸市场 商业街 大酒店 地铁站 图书馆 "
    "体育馆 生态园 科技园 加油站 消防站 车管所 银行 敬老院 文化中心 工业园 物流园 商城"
)
CITIES = [
    ("江苏", "常州", ["武进区", "湖塘区"]),
    ("江苏", "无锡", ["梁溪区", "新吴区"]),
    ("浙江", "杭州", ["拱墅区", "西湖区"]),
    ("浙江", "宁波", ["海曙区", "高新区"]),
    ("安徽", "合肥", ["蜀山区", "高新区"]),
    ("湖北", "武汉", ["洪山区", "开发区"]),
    ("四川", "成都", ["武侯区", "高新区"]),
    ("广东", "佛山", ["禅城区", "新区"]),
    ("山东", "济南", ["历下区", "高新区"]),
    ("福建", "厦门", ["湖里区", "思明区"]),
    ("湖南", "长沙", ["岳麓区", "经开区"]),
    ("河南", "郑州", ["金水区", "高新区"]),
]
METRES_LAT, METRES_LON = 111_195.0, 95_000.0


@dataclass
class District:
    """A made-up sub-district: its gazetteer and the administrative names around it."""

    gazetteer: Gazetteer
    province: str
    city: str
    districts: list[str]
    town: str
    other_towns: list[str]
    zones: dict[str, list[str]] = field(default_factory=dict)


def make_district(seed: int) -> District:
    """Return the district of a seed."""
    return _Maker(random.Random(f"district {seed}")).make()


class _Maker:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.places: list[GazetteerPlace] = []
        self.aliases: list[GazetteerAlias] = []
        self.buildings: list[GazetteerBuilding] = []
        self.junctions: list[GazetteerJunction] = []
        self.taken: set[str] = set()
        self.lon, self.lat = 0.0, 0.0

    def stem(self, length: int | None = None) -> str:
        rng = self.rng
        style = rng.random()
        if style < 0.4:
            return rng.choice(LUCK) + rng.choice(LUCK + LAND)
        if style < 0.6:
            return rng.choice(FAMILIES) + rng.choice(LAND)
        if style < 0.75:
            return rng.choice(SIDES + FAMILIES) + rng.choice(FAMILIES + LUCK) + rng.choice(LAND)
        return rng.choice(LUCK) + rng.choice(LAND)

    def new(self, make) -> str:  # type: ignore[no-untyped-def]
        for _ in range(200):
            name = make()
            if name not in self.taken:
                self.taken.add(name)
                return str(name)
        raise RuntimeError("no new name found")

    def point(self) -> tuple[float, float]:
        return (
            round(self.lon + self.rng.uniform(-2500, 2500) / METRES_LON, 7),
            round(self.lat + self.rng.uniform(-2500, 2500) / METRES_LAT, 7),
        )

    def add(self, kind: str, name: str, prefix: str, **rest) -> GazetteerPlace:  # type: ignore[no-untyped-def]
        lon, lat = self.point()
        place = GazetteerPlace(f"{prefix}{len(self.places):03d}", kind, name, lon=lon, lat=lat, **rest)
        self.places.append(place)
        return place

    def make(self) -> District:
        rng = self.rng
        province, city, districts = rng.choice(CITIES)
        lon, lat, _ = KNOWN_CITIES[city]
        self.lon, self.lat = lon + rng.uniform(-0.2, 0.2), lat + rng.uniform(-0.2, 0.2)
        town = self.stem()
        villages = [self.new(lambda: self.stem()) for _ in range(rng.randint(6, 12))]
        communities = [
            self.add("community", stem + "社区", "C")
            for stem in [
                *villages[: rng.randint(2, 4)],
                *(self.new(lambda: self.stem()) for _ in range(rng.randint(3, 6))),
            ]
        ]
        for community in communities:
            if rng.random() < 0.7:
                self.aliases.append(GazetteerAlias(community.place_id, community.name + "居委会"))
        road_stems = [
            rng.choice([self.stem(), self.stem(), rng.choice(villages), rng.choice(WISHES)])
            for _ in range(rng.randint(20, 40))
        ]
        roads = [
            self.add("road", name, "R")
            for name in dict.fromkeys(stem[:3] + rng.choice(ROAD_SUFFIXES) for stem in road_stems)
        ]
        self._estates(communities, villages, roads, town)
        self._villages(villages)
        self._pois(communities, roads, town, districts)
        for one in range(len(roads)):
            for other in range(one + 1, len(roads)):
                if rng.random() < 0.15:
                    self.junctions.append(GazetteerJunction(roads[one].place_id, roads[other].place_id, *self.point()))
        if rng.random() < 0.5:
            self._twins(communities)
        gazetteer = Gazetteer(self.places, aliases=self.aliases, buildings=self.buildings, junctions=self.junctions)
        towns = [self.stem() for _ in range(3)]
        return District(gazetteer, province, city, districts, town, towns)

    def _estate_name(self, villages: list[str], roads: list[GazetteerPlace], town: str) -> str:
        rng = self.rng
        style = rng.random()
        suffix = rng.choice(ESTATE_SUFFIXES)
        if style < 0.30:
            return self.stem() + suffix
        if style < 0.48:
            return rng.choice(villages) + rng.choice(["新苑", "花园", "新村", "家园", "佳苑", "小区"])
        if style < 0.60:
            return rng.choice(BRANDS) + rng.choice(WISHES) + rng.choice(["", "", suffix])
        if style < 0.68:
            return rng.choice(BRANDS) + self.stem() + suffix
        if style < 0.76:
            return (
                rng.choice(WISHES) + rng.choice(["花园", "家园", "之星", "名都", "广场", "城", ""])
                if rng.random() < 0.7
                else rng.choice(WISHES) + rng.choice(WISHES)
            )
        if style < 0.82:
            return rng.choice(roads).name + rng.choice(["小区", "新村"])
        if style < 0.87:
            return town + rng.choice(["花园", "新村", "大厦", "家园"])
        if style < 0.92:
            return self.stem() + rng.choice("一二三四五六") + "村"
        if style < 0.95:
            return rng.choice(["SOHO", "LOFT", "CBD", "MOMA"]) + rng.choice(["公寓", "时代", "国际"])
        return rng.choice(LUCK) + rng.choice("之") + rng.choice(LUCK) + suffix

    def _estates(self, communities, villages, roads, town) -> None:  # type: ignore[no-untyped-def]
        rng = self.rng
        for _ in range(rng.randint(40, 75)):
            name = self.new(lambda: self._estate_name(villages, roads, town))
            address = f"{rng.choice(roads).name}{rng.randint(1, 900)}号" if rng.random() < 0.6 else ""
            estate = self.add("compound", name, "E", parent_id=rng.choice(communities).place_id, address=address)
            if rng.random() < 0.2:
                self._nickname(estate)
            if rng.random() < 0.3:
                self._zones(estate)
            else:
                self._buildings(estate, range(1, rng.choice([4, 10, 25, 60, 120])))
        stem = town + rng.choice(["外来人员公寓", "蓝领公寓", "人才公寓"])
        for side in ("东区", "西区"):
            apartment = self.add("apartment", stem + side, "A", parent_id=rng.choice(communities).place_id)
            self._buildings(apartment, range(1, 20))

    def _twins(self, communities) -> None:  # type: ignore[no-untyped-def]
        """Add estates that have the name of another one in another community."""
        rng = self.rng
        parents = {place.parent_id for place in self.places if place.place_id.startswith("Z")}
        lone = [place for place in self.places if place.place_id.startswith("E") and place.place_id not in parents]
        for estate in rng.sample(lone, 2):
            elsewhere = [one.place_id for one in communities if one.place_id != estate.parent_id]
            twin = self.add("compound", estate.name, "T", parent_id=rng.choice(elsewhere))
            self._buildings(twin, range(1, rng.choice([6, 20])))

    def _nickname(self, estate: GazetteerPlace) -> None:
        rng, name = self.rng, estate.name
        nickname = rng.choice(
            [rng.choice(BRANDS) + name, name[:2] + rng.choice(["花园", "小区", "公馆"]), self.stem() + "苑"]
        )
        if nickname not in self.taken and nickname != name:
            self.taken.add(nickname)
            self.aliases.append(GazetteerAlias(estate.place_id, nickname, rng.choice(["alias", "former_name"])))

    def _zones(self, estate: GazetteerPlace) -> None:
        rng = self.rng
        zones = rng.choice(
            [
                ["东区", "西区"],
                ["南区", "北区"],
                ["一期", "二期"],
                ["一期", "二期", "三期"],
                ["一区", "二区", "三区"],
                ["一区", "二区", "三区", "四区", "五区"],
                ["东区", "西区", "南区"],
            ]
        )
        onwards, first = rng.random() < 0.5, 1
        if rng.random() < 0.4:
            count = rng.randint(3, 20)
            self._buildings(estate, range(1, count + 1))
            first = count + 1 if onwards else 1
        for zone in zones:
            part = self.add(
                "compound",
                estate.name + zone,
                "Z",
                parent_id=estate.place_id,
                address=estate.address if rng.random() < 0.7 else "",
            )
            count = rng.randint(6, 40)
            self._buildings(part, range(first, first + count))
            first = first + count if onwards else 1

    def _buildings(self, place: GazetteerPlace, numbers: range) -> None:
        rng = self.rng
        floors, units = rng.choice([5, 6, 11, 18, 26]), rng.choice([1, 2, 3, 4])
        lettered = len(numbers) < 5 and rng.random() < 0.5
        for number in numbers:
            self.buildings.append(
                GazetteerBuilding(
                    f"{place.place_id}-{number}",
                    place.place_id,
                    "ABCDEFG"[number - 1] if lettered else str(number),
                    units,
                    floors,
                    rng.choice([2, 2, 4]),
                    (place.lon or 0) + number % 10 * 0.0004,
                    (place.lat or 0) + number // 10 * 0.0004,
                )
            )

    def _villages(self, villages: list[str]) -> None:
        estates = [place for place in self.places if place.kind == "compound" and place.place_id.startswith("E")]
        for stem in villages:
            name = stem + "村"
            if name in self.taken:
                continue
            self.add("village", name, "V")
            named = [estate for estate in estates if estate.name.startswith(stem)]
            target = named[0] if named else self.rng.choice(estates)
            self.aliases.append(GazetteerAlias(target.place_id, name, "resettled_to"))

    def _pois(self, communities, roads, town, districts) -> None:  # type: ignore[no-untyped-def]
        rng = self.rng
        for _ in range(rng.randint(18, 35)):
            suffix = rng.choice(POI_SUFFIXES)
            stem = rng.choice(
                [self.stem(), self.stem(), town, rng.choice(districts), rng.choice(WISHES), rng.choice(roads).name]
            )
            if stem + suffix in self.taken:
                continue
            name = self.new(lambda stem=stem, suffix=suffix: stem + suffix)
            address = f"{rng.choice(roads).name}{rng.randint(1, 900)}号" if rng.random() < 0.3 else ""
            poi = self.add("poi", name, "P", parent_id=rng.choice(communities).place_id, address=address)
            if rng.random() < 0.4:
                alias = rng.choice(
                    [
                        rng.choice(districts) + name,
                        rng.choice(["新", "老", "第一"]) + suffix,
                        name.replace("服务中心", "院"),
                    ]
                )
                if alias not in self.taken:
                    self.taken.add(alias)
                    self.aliases.append(GazetteerAlias(poi.place_id, alias))
        self.add("poi", town + "街道办事处", "P", parent_id=communities[0].place_id)
