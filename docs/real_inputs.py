"""Lay the public files about 枫桥街道 out as a folder that `fengqiao load` takes, as an operator would with their own.

    python docs/real_inputs.py INPUTS OUT

INPUTS is the folder of public files (boundaries, orders, places, terrain); OUT is made anew and is no part of the
product. Nothing is mended on the way: files are copied as they are; only what is no file of rows (the year's community
list, mean points of roads, named stations, the terrain's missing coordinate system) is brought into a form of its feed.
"""

import shutil
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import rasterio
import yaml

#: the district outline is all that is public; its code stands for the area everything must lie in
CODE = "320505"
NBS_DAY = "2020-06-30"
COPIED = (
    "boundaries/huqiu_district_datav_gcj02.geojson",
    "places/compounds_listing_2020.csv",
    "orders/grid_workorders_2021.csv",
    "orders/commercial_grid_orders_50.csv",
    "orders/enterprise_grid_orders_50.csv",
    "orders/topdown_orders_2021.csv",
)
FEEDS: list[dict[str, object]] = [
    {
        "feed": "boundaries",
        "file": "huqiu_district_datav_gcj02.geojson",
        "crs": "GCJ-02",
        "headings": {"source_key": "adcode", "name": "name", "level": "level"},
        "values": {"level": {"district": "街道"}},
    },
    {"feed": "communities", "file": "communities.csv"},
    {"feed": "terrain", "file": "terrain.tif", "crs": "EPSG:4326"},
    {"feed": "places", "file": "places.csv", "crs": "EPSG:4326"},
    {
        "feed": "compounds",
        "file": "compounds_listing_2020.csv",
        "crs": "BD-09",
        "keys": "rows",
        "headings": {
            "name": "name",
            "kind": "resettlement_guess",
            "community": "community_evidence_2021",
            "address": "address",
            "lon": "lon_bd09",
            "lat": "lat_bd09",
            "households": "households",
            "buildings": "buildings",
        },
        "values": {"kind": {"1": "拆迁安置"}},
    },
    {"feed": "junctions", "file": "junctions.gpkg", "crs": "EPSG:4326"},
    # the street's own layouts are known by their headings
    {"feed": "incidents", "name": "grid_workorders", "file": "grid_workorders_2021.csv"},
    {"feed": "incidents", "name": "commercial_orders", "file": "commercial_grid_orders_50.csv"},
    {"feed": "incidents", "name": "enterprise_orders", "file": "enterprise_grid_orders_50.csv"},
    {"feed": "incidents", "name": "topdown_orders", "file": "topdown_orders_2021.csv"},
]


def lay_out(inputs: Path, out: Path) -> None:
    """Write the folder."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in COPIED:
        shutil.copyfile(inputs / name, out / Path(name).name)
    lists = pd.read_csv(inputs / "places/fengqiao_communities_by_year.csv", dtype=str)
    newest = lists[lists["nbs_cutoff"] == NBS_DAY]
    communities = pd.DataFrame({"编码": newest["code12"], "名称": newest["name"].str.removesuffix("居委会")})
    communities.to_csv(out / "communities.csv", index=False)
    roads = pd.read_csv(inputs / "places/road_names_from_addresses.csv", dtype=str)
    stations = gpd.read_file(inputs / "places/public_bike_stations_2015_wgs84.geojson")
    junctions = pd.read_csv(inputs / "places/road_junction_anchors_wgs84.csv")
    named = pd.DataFrame(
        {
            "编号": [f"D{at}" for at in range(len(roads))] + [f"P{one}" for one in stations["id"]],
            "类别": ["道路"] * len(roads) + ["兴趣点"] * len(stations),
            "小类": [""] * len(roads) + ["公交站"] * len(stations),
            "名称": [*roads["road"], *stations["name"]],
            "经度": [*roads["mean_lon"], *stations.geometry.x],
            "纬度": [*roads["mean_lat"], *stations.geometry.y],
        }
    )
    known = set(named["名称"])
    lone = [road for road in pd.unique(junctions[["road_a", "road_b"]].to_numpy().ravel()) if road not in known]
    extra = pd.DataFrame({"编号": [f"J{at}" for at in range(len(lone))], "类别": "道路", "名称": lone})
    pd.concat([named, extra]).to_csv(out / "places.csv", index=False)
    gpd.GeoDataFrame(
        {
            "节点编号": [f"N{at}" for at in range(len(junctions))],
            "路名一": junctions["road_a"], "路名二": junctions["road_b"],
        },
        geometry=gpd.points_from_xy(junctions["lon"], junctions["lat"]), crs=4326,
    ).to_file(out / "junctions.gpkg", layer="junctions", driver="GPKG")  # fmt: skip
    with rasterio.open(inputs / "terrain/aster_gdem_600m.asc") as grid:
        profile = {**grid.profile, "driver": "GTiff", "crs": "EPSG:4326"}
        with rasterio.open(out / "terrain.tif", "w", **profile) as raster:
            raster.write(grid.read(1), 1)
    subdistrict = {
        "code": CODE, "name": "虎丘区", "name_en": "Huqiu District", "metric_srid": 4549, "timezone": "Asia/Shanghai",
        "schematic": False, "bounds": [120.2, 31.1, 120.8, 31.6],
    }  # fmt: skip
    content = {"subdistrict": subdistrict, "feeds": FEEDS}
    (out / "district.yml").write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]), Path(sys.argv[2]))
