"""The description of the interface says everything in Chinese and in English."""

import pytest
from fastapi import FastAPI

from dashboard.api_words import chinese_words, described, words_of
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from tests.asking import Browser


@pytest.fixture(scope="module")
def server(world) -> FastAPI:
    return create_app(ServerSettings(), world.database)


def test_everything_the_description_says_has_its_chinese_and_no_other(server):
    said = set(words_of(server.openapi()))

    assert sorted(said - set(chinese_words())) == []
    assert sorted(set(chinese_words()) - said) == []


def test_only_what_is_said_changes():
    document = {"summary": "Place a text, or up to 1 000 texts", "properties": {"description": {"type": "string"}}}

    assert described(document, "en") is document
    assert described(document, "zh")["summary"] == "为一条文字落图，最多 1 000 条"
    assert described(document, "zh")["properties"] == document["properties"]


@pytest.mark.parametrize(("header", "words"), [("en-GB,en;q=0.9", "Place a text"), ("zh-CN", "为一条文字落图")])
def test_the_reader_chooses_the_language(server, header, words):
    with Browser(server) as browser:
        document = browser.get("/api/openapi.json", headers={"Accept-Language": header}).json()

    assert document["paths"]["/api/geocode"]["post"]["summary"].startswith(words)
