"""Texts that people read come from the catalogue: in Chinese and in English, none written into code or pages."""

import ast
import re
from pathlib import Path

import pytest

from gis.errors import BadInput
from gis.texts import LANGUAGES, catalogue, texts_in

ROOT = Path(__file__).parent.parent
PACKAGES = ("gis", "access", "etl", "layers", "casework", "alerts", "dashboard")
HAN = re.compile(r"[\u4e00-\u9fff]")

#: modules whose Chinese is not said to anybody: it is read, matched or generated
DATA = {
    "etl/feeds": "headings and values of delivered files",
    "etl/sample": "the sample's own content",
    "etl/simulate": "the sample's own content",
    "gis/geocode": "the language of addresses",
    "gis/sealing.py": "words beside numbers",
    "etl/checks.py": "words that rubbish and names consist of",
}


def python_files():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(tuple(DATA)):
                yield name


def said_in(source: str) -> list[tuple[int, str]]:
    """String constants with Chinese that are not documentation."""
    tree = ast.parse(source)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    comments = {
        id(keyword.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("comment", "server_default", "description", "json_schema_extra")
    }
    # the district's own vocabulary (categories, signs on tiles) stands in constants of a module
    vocabulary = {
        id(node)
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        and all(
            isinstance(target, ast.Name) and target.id.isupper()
            for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        )
        for node in ast.walk(statement)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and HAN.search(node.value)
        and id(node) not in documentation | comments | vocabulary
    ]


def test_every_text_has_both_languages_and_the_same_values():
    for key, forms in catalogue().items():
        fields = {language: sorted(set(re.findall(r"{(\w+)", forms[language]))) for language in LANGUAGES}
        # a link to the other language is named in that language
        if not key.endswith("language"):
            assert HAN.search(forms["zh"]) or not HAN.search(forms["en"]), f"{key}: English in Chinese letters"
        if fields["zh"] and fields["en"]:
            assert set(fields["zh"]) & set(fields["en"]), f"{key}: the two languages fill different values"


@pytest.mark.parametrize("name", tuple(python_files()))
def test_every_text_a_module_asks_for_is_there(name):
    asked = re.findall(r"(?<![`\w])texts\(\s*\"([a-z][\w-]*\.[\w.-]+)\"", (ROOT / name).read_text(encoding="utf-8"))

    assert [key for key in asked if key not in catalogue()] == []


def test_texts_fill_their_values():
    assert texts_in("zh")("report.within", minutes=5) == "5分钟内"
    assert texts_in("en")("report.within", minutes=5) == "within 5 min"
    assert texts_in("fr").language == "zh"


def test_lists_are_joined_as_the_language_joins():
    assert (texts_in("zh").words(["甲", "乙"]), texts_in("zh").clauses(["甲", "乙"])) == ("甲、乙", "甲；乙")
    assert (texts_in("en").words(["a", "b"]), texts_in("en").clauses(["a", "b"])) == ("a, b", "a; b")
    assert (texts_in("zh").noted("甲", "乙"), texts_in("en").noted("a", "b")) == ("甲（乙）", "a (b)")


@pytest.mark.parametrize("name", tuple(python_files()))
def test_no_module_says_chinese_past_the_catalogue(name):
    found = said_in((ROOT / name).read_text(encoding="utf-8"))
    # a suffix that names carry, cut off on maps, is no text
    loose = [f"{name}:{line}: {said!r}" for line, said in found if said != "社区"]

    assert not loose, "\n".join(loose)


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "dashboard").rglob("*.html")) + sorted((ROOT / "dashboard").rglob("*.js")),
    ids=lambda path: path.name,
)
def test_no_page_or_script_says_chinese_past_the_catalogue(path):
    source = path.read_text(encoding="utf-8")
    without_comments = re.sub(r"{#.*?#}|<!--.*?-->|/\*.*?\*/|(?m:^\s*//.*$)|\s//\s.*", "", source)

    loose = [line.strip() for line in without_comments.splitlines() if HAN.search(line)]

    assert not loose, "\n".join(loose[:10])


def test_a_text_that_ends_at_an_unquoted_comma_is_refused(monkeypatch, tmp_path):
    # YAML takes what follows the comma for a further key
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "x.yml").write_text("x.said: {zh: 一，二, en: one, two}\n", encoding="utf-8")
    monkeypatch.setattr("gis.texts.PACKAGES", ("gis",))
    monkeypatch.setattr("gis.texts.files", lambda package: tmp_path)

    with pytest.raises(BadInput, match="goes on with two after a comma; quote it"):
        catalogue.__wrapped__()


@pytest.mark.usefixtures("english")
def test_an_installation_speaks_its_own_language_where_none_is_named():
    assert texts_in("").language == "en"
    assert texts_in("zh").language == "zh"
