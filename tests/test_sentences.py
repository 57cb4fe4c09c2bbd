"""Errors and what commands say: templates with named values, each with its Chinese."""

import ast
import pickle
import re
from functools import lru_cache
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, Field, ValidationError

from gis.errors import BadInput, FengqiaoError, NotFound
from gis.sentences import PACKAGES, Sentence, fields_of, listed, sentences
from gis.validation import SAID, faults_of

ROOT = Path(__file__).parent.parent
HAN = re.compile(r"[\u4e00-\u9fff]")
#: what takes a sentence; further classes of ours are found by their bases
ROOTS = {"Sentence", "FengqiaoError"}
#: what makes a sentence of sentences or of texts
MAKERS = {"Sentence", "InTexts", "listed", "faults_of"}


def trees():
    for path in [ROOT / "cli.py", *(path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))]:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


TREES = dict(trees())


@lru_cache(maxsize=1)
def speakers():
    """Names of classes that begin with a sentence."""
    found = set(ROOTS)
    while True:
        more = {
            node.name
            for tree in TREES.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            and any(isinstance(base, ast.Name) and base.id in found for base in node.bases)
        }
        if more <= found:
            return found
        found |= more


def said():
    """Yield (where, first argument) of everything that is said."""
    names = speakers()
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
                yield f"{name}:{node.lineno}", node.args[0]


def templates():
    found = {node.value for _, node in said() if isinstance(node, ast.Constant)}
    return found | set(SAID.values())


def test_a_sentence_is_a_template_and_never_filled_before():
    filled = [
        where
        for where, node in said()
        if isinstance(node, ast.JoinedStr | ast.BinOp)
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "") not in MAKERS)
    ]

    assert filled == []


def test_every_sentence_has_its_chinese_and_no_other():
    known = sentences()

    assert sorted(templates() - set(known)) == []
    assert sorted(set(known) - templates()) == []


def test_both_languages_fill_the_same_values():
    assert [en for en, zh in sentences().items() if fields_of(en) != fields_of(zh)] == []


def test_chinese_is_chinese():
    # what consists of values and names of things is the same in every language
    bare = re.compile(r"\{[^}]*\}|[A-Z]{2,}|lon|lat|[\W\d_]")

    assert [zh for en, zh in sentences().items() if not HAN.search(zh) and bare.sub("", en)] == []


def test_no_sentence_stands_in_two_packages():
    files = [ROOT / package / "sentences.yml" for package in PACKAGES]
    count = sum(len(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files if file.is_file())

    assert count == len(sentences())


def test_lists_and_sentences_within_are_joined_as_the_language_joins():
    inner = [Sentence("{name} has no rows", name="a.csv"), Sentence("{name} has no rows", name="b.csv")]
    error = BadInput("{file}: {faults}", file="district.yml", faults=inner)

    assert str(error) == "district.yml: a.csv has no rows; b.csv has no rows"
    assert error.within("zh").startswith("district.yml：a.csv")
    assert "；b.csv" in error.within("zh")


def test_an_error_is_the_same_in_another_process():
    error = pickle.loads(pickle.dumps(NotFound("{name} has no rows", name="甲.csv")))

    assert (type(error), str(error)) == (NotFound, "甲.csv has no rows")


def test_a_long_list_of_faults_is_cut_and_counted():
    many = [Sentence("{name} has no rows", name=f"{at}.csv") for at in range(12)]

    assert str(listed(many, most=2)) == "0.csv has no rows; 1.csv has no rows - and 10 more"


class Asked(BaseModel):
    count: int = Field(gt=0)
    name: str


@pytest.mark.parametrize(
    ("given", "english", "chinese"),
    [
        ({"count": 0, "name": "a"}, "count: must be above 0", "count：应大于 0"),
        ({"count": "x", "name": "a"}, "count: must be a whole number", "count：应为整数"),
        ({"count": 1}, "name: is missing", "name：未填写"),
    ],
)
def test_what_pydantic_finds_is_said_in_both_languages(given, english, chinese):
    with pytest.raises(ValidationError) as caught:
        Asked.model_validate(given)

    found = faults_of(caught.value.errors())

    assert str(found) == english
    assert found.within("zh").startswith(chinese)


def test_a_fault_of_a_library_is_kept_as_words():
    error = FengqiaoError("{name} has no rows", name=OSError("disk gone"))

    assert str(error) == "disk gone has no rows"
