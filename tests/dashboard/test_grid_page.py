"""The page itself: complete, installable, in two languages, and without a host other than ours."""

import re
from io import BytesIO

import pytest
from PIL import Image

from dashboard.grid.page import STATIC, manifest_of, page_html, static_files, version
from gis.texts import texts_in

SCRIPTS = {name: file.read_text(encoding="utf-8") for name, file in static_files().items() if name.endswith(".js")}


def shell() -> list[str]:
    worker = STATIC.joinpath("service-worker.js").read_text(encoding="utf-8")
    return re.findall(r'"(/grid[^"]*)"', worker[worker.index("SHELL") : worker.index("];")])


def test_every_script_is_kept_for_when_there_is_no_signal():
    kept = {path.removeprefix("/grid/static/") for path in shell()}

    assert set(SCRIPTS) <= kept
    assert {"grid.css", "icon.svg", "/grid"} <= kept
    assert {path for path in kept if path != "/grid"} <= set(static_files())


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_every_text_a_script_writes_is_in_the_catalogue(name):
    known = texts_in("zh").under("grid.")
    written = re.findall(r'\bt\(\s*"([^"]+)"', SCRIPTS[name])

    assert [key for key in written if key not in known] == []


@pytest.mark.parametrize("name", [*sorted(SCRIPTS), "service-worker.js"])
def test_no_script_speaks_chinese_by_itself(name):
    lines = STATIC.joinpath(name).read_text(encoding="utf-8").splitlines()
    code = [line for line in lines if not re.match(r"\s*(//|/?\*)", line)]

    assert [line for line in code if re.search(r"[\u4e00-\u9fff]{2,}", line)] == []


@pytest.mark.parametrize("name", [*sorted(static_files()), "page.html", "service-worker.js"])
def test_nothing_is_fetched_from_another_host(name):
    content = STATIC.joinpath(name).read_bytes().decode("latin-1")

    assert [host for host in re.findall(r"https?://[\w.]+", content) if host != "http://www.w3.org"] == []


@pytest.mark.parametrize(("language", "lang"), [("zh", "zh-CN"), ("en", "en")])
def test_the_page_is_whole_in_each_language(language, lang):
    page = page_html(texts_in(language))

    assert f'lang="{lang}"' in page
    assert "{{" not in page


def test_the_words_cannot_end_their_element():
    assert "</" not in page_html(texts_in("zh")).split('id="words">')[1].split("</script>")[0]


def test_the_icons_of_the_manifest_are_there_and_as_large_as_it_says():
    for icon in manifest_of(texts_in("zh"))["icons"]:
        file = static_files()[icon["src"].removeprefix("/grid/static/")]
        if icon["type"] == "image/png":
            side = int(icon["sizes"].split("x")[0])
            assert Image.open(BytesIO(file.read_bytes())).size == (side, side)


def test_the_version_is_a_fingerprint():
    assert re.fullmatch(r"[0-9a-f]{12}", version())
