"""Further feeds of the small district: a few rows of each, one or two of them bad, worked out by hand."""

from pathlib import Path

import shapely

from tests.etl.small_district import BUILDINGS, FEEDS, in_gcj, write_features, write_table, write_yaml

#: of Alibaba (China) Co., as it prints it itself: the one real code, to hold the check digit against
CREDIT_CODE = "91330100799655058B"

#: feed -> entry of district.yml beside feed and file, lines of its file, reasons of its bad rows by their key
ROWS: dict[str, tuple[dict[str, object], list[str], dict[str, set[str]]]] = {
    "dwellings": (
        {},
        ["楼栋编号,单元,室号,所在层,床位数", "C01-001,1,101,1,", "C01-001,1,102,1,4", "C09-001,1,101,1,"],
        {"C09-001/1/101": {"unknown_code:楼栋编号"}},
    ),
    "beds": (
        {},
        ["公寓编号,楼栋,房间,床号,床位状态,更新时间", "C02,1,301,1,空闲,2026-03-01", "C02,1,301,2,已入住,", "C02,1,301,3,睡人,"],
        {"C02/1/301/3": {"unknown_choice:床位状态"}},
    ),
    "households": ({}, ["户号,楼栋编号,单元,室号", "H1,C01-001,2,402", "H7,C02-001,1,201"], {}),
    "residence": (
        {},
        [
            "人员编号,楼栋编号,单元,室号,居住方式,入住日期,搬离日期",
            "P1,C01-001,2,402,自有,2015-06-01,", "P1,C02-001,1,201,租赁,2010-01-01,2015-05-31",
            "P9,C01-001,2,402,自有,2015-06-01,", "P2,C01-002,1,101,租赁,2024-01-01,2023-01-01",
        ],
        {
            "P9/C01-001/2/402/2015-06-01": {"unknown_person:人员编号"},
            "P2/C01-002/1/101/2024-01-01": {"before_start:搬离日期"},
        },
    ),
    "organisations": (
        {"crs": "EPSG:4326"},
        [
            "单位编号,单位名称,单位类型,九小类别,统一社会信用代码,联系电话,最近检查日期,地址,经度,纬度",
            f"O1,甲饭店,餐饮,小餐饮,{CREDIT_CODE},0512-00000001,2026-01-05,甲苑1幢,,",
            "O2,乙旅馆,住宿,小旅馆,,,,路边,120.5075,31.3025",
            f"O3,丙,餐饮,小餐饮,{CREDIT_CODE[:-1]}A,,,甲苑2幢,,",
        ],
        {"O3": {"check_digit:统一社会信用代码"}},
    ),
    "merchants": (
        {"crs": "EPSG:4326"},
        ["统一社会信用代码,商户名称,经营范围,登记状态,经营场所,成立日期", "M1,丁超市,零售,在营,乙苑1幢,2020-02-02", "M2,戊店,零售,跑路,乙苑1幢,"],
        {"M2": {"unknown_choice:登记状态"}},
    ),
    "petitions": (
        {},
        ["id,序号,事项名称,事项类型,受理时间,处理状态", "X1,1,噪声扰民,环境保护,2026-03-02 09:00:00,已办结", "X2,2,噪声,环境保护,2026-13-02,办理中"],
        {"X2": {"impossible_time:受理时间"}},
    ),
    "activities": (
        {},
        [
            "活动编号,活动名称,活动类型,活动地点,社区,开始时间,结束时间,名额,参加人数",
            "A1,义诊,志愿,甲小学,甲社区,2026-03-05 09:00,2026-03-05 11:00,50,42",
            "A2,晚会,文体,广场,甲社区,2026-03-05 19:00,2026-03-05 18:00,,",
        ],
        {"A2": {"before_start:结束时间"}},
    ),
    "participation": (
        {},
        ["活动编号,人员编号,参与身份,服务时长_小时", "A1,P1,志愿者,2", "A1,P2,,", "A1,P1,志愿者,2", "A7,P1,参加者,"],
        {"A7/P1": {"unknown_code:活动编号"}},
    ),
    "forces": (
        {},
        ["编号,类别,姓名,所属组织,手机号,人员编号,社区", "F1,党员,王五,甲支部,13800000000,P1,", "F2,志愿者,赵六,乙队,123,,乙社区"],
        {"F2": {"phone_form:手机号"}},
    ),
    "school_admissions": (
        {},
        ["学年,学段,学校,人员编号,录取状态", "2026,小学,甲小学,P2,已录取", "1026,小学,甲小学,P1,已报名"],
        {"1026/小学/P1/甲小学": {"out_of_range:学年"}},
    ),
    "credit_tags": (
        {},
        [
            "人员编号,单位编号,信用标签,认定单位,认定日期", "P1,,守信志愿者,信用办,2026-01-01", ",O1,A级纳税人,税务局,2026-01-01",
            "P1,O1,两者,信用办,2026-01-01", ",,无主,信用办,2026-01-01",
        ],
        {
            "P1/O1/两者/2026-01-01": {"two_subjects:单位编号"},
            "//无主/2026-01-01": {"missing:人员编号"},
        },
    ),
    "duty": (
        {},
        ["岗位,值班人员,值班单位,值班电话,开始时间,结束时间", "值班员,孙七,指挥中心,0512-00000002,2026-04-01 08:00,2026-04-02 08:00", "值班员,周八,指挥中心,,2026-04-02 08:00,2026-04-02 07:00"],
        {"值班员/指挥中心/周八/2026-04-02 08:00": {"before_start:结束时间"}},
    ),
    "door_counts": (
        {},
        ["小区编号,出入口,开始时间,时长_分钟,进入次数,离开次数", "C01,北门,2026-03-01 08:00,60,120,311", "C01,北门,2026-03-01 09:00,,80,", "C01,北门,2026-03-01 10:00,5,1,0"],
        {"C01/北门/2026-03-01 10:00": {"out_of_range:时长_分钟"}},
    ),
    "water_gauges": (
        {"crs": "EPSG:4326"},
        ["测站编码,测站名称,河流,类型,警戒水位_m,保证水位_m,基面,经度,纬度", "G1,东桥,东河,河道,3.80,4.20,吴淞,120.502,31.302", "G2,西桥,西河,天上,,,,120.5075,31.3025"],
        {"G2": {"unknown_choice:类型"}},
    ),
    "water_levels": (
        {},
        ["测站编码,观测时间,水位_m,时段雨量_mm", "G1,2026-03-01 08:00:00,3.85,2.5", "G1,2026-03-01 08:05:00,NaN,", "G3,2026-03-01 08:05:00,3.1,"],
        {"G1/2026-03-01 08:05:00": {"no_number:水位_m"}, "G3/2026-03-01 08:05:00": {"unknown_code:测站编码"}},
    ),
    "weather_warnings": (
        {},
        ["预警编号,预警类型,预警等级,发布单位,预警内容,发布时间,有效截止,解除时间", "W1,暴雨,橙色,市气象台,三小时内暴雨,2026-03-01 07:00,2026-03-01 13:00,2026-03-01 10:30", "W2,暴雨,紫色,市气象台,,2026-03-01 07:00,,"],
        {"W2": {"unknown_choice:预警等级"}},
    ),
}  # fmt: skip


def write_further_feeds(folder: Path) -> Path:
    """Add the files to the small district's folder; returns it."""
    for feed, (_, lines, _) in ROWS.items():
        write_table(folder, f"{feed}.csv", *lines)
    entries = [{"feed": feed, "file": f"{feed}.csv", **entry} for feed, (entry, _, _) in ROWS.items()]
    write_yaml(folder, [*FEEDS, *entries], switches=["credit_tags"])
    return folder


def write_building_shapes(folder: Path) -> None:
    """Write the buildings as GeoJSON, their outlines 20 m by 10 m or so, in the system of Chinese maps."""
    shapes = [in_gcj(shapely.box(lon - 1e-4, lat - 5e-5, lon + 1e-4, lat + 5e-5)) for lon, lat in BUILDINGS.values()]
    rows = [{"楼栋编号": key, "所属编号": key[:3], "楼栋号": str(int(key[-3:])), "层数": 6} for key in BUILDINGS]
    write_features(folder / "buildings.geojson", rows, shapes)
