"""The office's frame: pages by role, found by address, the audit among them."""

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from access.audit import Entry
from dashboard.office.audit import row, stored_word
from dashboard.office.page import GROUPS
from dashboard.office.pages import office_pages, pages_for
from dashboard.route_table import route_table
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.texts import catalogue
from tests.asking import Browser
from tests.visiting import visit_of
from tests.world import World

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(ServerSettings(), world.database)


def opened(app: FastAPI, world: World, account: str, pathname: str) -> str:
    """What the callback of the address answers, as text."""
    question = {
        "output": "..office-bar.children...office-page.children..",
        "outputs": [{"id": "office-bar", "property": "children"}, {"id": "office-page", "property": "children"}],
        "inputs": [
            {"id": "office-address", "property": "pathname", "value": pathname},
            {"id": "office-address", "property": "search", "value": ""},
        ],
        "changedPropIds": ["office-address.pathname"],
    }
    with Browser(app) as browser:
        answer = browser.post("/office/_dash-update-component", json=question, token=world.tokens[account])
    assert answer.status_code == 200, answer.text
    return answer.text


def test_every_page_has_a_title_a_known_group_and_only_roles_that_are_let_in():
    route = route_table().find("GET", "/office/x")
    assert route is not None

    for page in office_pages():
        assert f"office.{page.slug}.title" in catalogue()
        assert page.group in GROUPS
        assert frozenset() < page.roles <= route.roles, page.slug
    assert len({page.slug for page in office_pages()}) == len(office_pages())


def test_the_frame_is_served_at_every_address_of_the_office(app: FastAPI, world: World):
    with Browser(app) as browser:
        for path in ("/office/", "/office/audit"):
            answer = browser.get(path, token=world.tokens["auditor"])
            assert answer.status_code == 200
            assert "--action:#00504B" in answer.text
        layout = browser.get("/office/_dash-layout", token=world.tokens["operator"])

    assert "post of operator" in layout.text


def test_the_page_says_the_language_of_whoever_opens_it(world: World):
    # a server of its own, that remembers nobody
    app = create_app(ServerSettings(), world.database)

    def language(said: str) -> None:
        with world.database.owner.begin() as connection:
            connection.execute(
                text("UPDATE access.account SET language = :language WHERE name = 'auditor'"), {"language": said}
            )

    language("en")
    try:
        with Browser(app) as browser:
            pages = [browser.get(path, token=world.tokens["auditor"]).text for path in ("/office/", "/office/audit")]
    finally:
        language("zh")

    for page in pages:
        assert '<html lang="en">' in page
        assert "<title>Back office</title>" in page


def test_the_audit_is_told_in_words_and_found_by_them(world: World):
    visit = visit_of(world, "auditor", "auditor")
    changed = Entry(
        1, visit.now, "someone", "update", "access.account", "7", {"language": ["en", None], "role": ["a", "b"]}
    )

    said = row(changed, visit)

    assert (said["action"], said["record"]) == ("修改", "账号 7")
    assert said["changes"] == "语言 en → 空；角色 a → b"
    assert stored_word("登录", visit.texts) == "sign_in"
    assert stored_word("账号", visit.texts) == "access.account"
    assert stored_word("someone", visit.texts) == "someone"


def test_a_page_is_shown_to_its_roles_alone(app: FastAPI, world: World):
    assert "office-audit-rows" in opened(app, world, "auditor", "/office/audit")
    refused = opened(app, world, "duty", "/office/audit")

    assert "office-audit-rows" not in refused
    assert "office-sentence" in refused
    assert pages_for("wall") == ()


def test_the_audit_is_read_over_http_by_auditors_newest_first_page_by_page(app: FastAPI, world: World):
    with Browser(app) as browser:
        first = browser.get("/api/audit", params={"limit": 2}, token=world.tokens["auditor"]).json()
        rest = browser.get("/api/audit", params={"before": first["next"]}, token=world.tokens["auditor"]).json()
        sought = browser.get("/api/audit", params={"sought": "worker-21"}, token=world.tokens["auditor"]).json()
        refused = browser.get("/api/audit", token=world.tokens["operator"])

    ids = [entry["id"] for entry in first["entries"] + rest["entries"]]
    assert len(first["entries"]) == 2
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == len(ids) > 2
    assert sought["entries"]
    assert all("worker-21" in str(entry) for entry in sought["entries"])
    assert refused.status_code == 403


def press(app: FastAPI, world: World, account: str, button: str, *, name: str = "", values: dict[str, object]) -> str:
    """What a button of the page of accounts answers, as text."""
    outputs = [("accounts-rows", "rowData"), ("office-notices", "sendNotifications"), ("accounts-secret", "children")]
    with Browser(app) as browser:
        callbacks = browser.get("/office/_dash-dependencies", token=world.tokens[account]).json()
        known = next(one for one in callbacks if [entry["id"] for entry in one["inputs"]] == [button])
        state = [{"id": "accounts-rows", "property": "selectedRows", "value": [{"name": name}] if name else []}]
        state += [{"id": id_, "property": "value", "value": value} for id_, value in values.items()]
        question = {
            "output": known["output"],
            "outputs": [
                {"id": id_, "property": part.split(".")[-1]}
                for (id_, _), part in zip(outputs, known["output"].strip(".").split("..."), strict=True)
            ],
            "inputs": [{"id": button, "property": "n_clicks", "value": 1}],
            "state": state,
            "changedPropIds": [f"{button}.n_clicks"],
        }
        return browser.post("/office/_dash-update-component", json=question, token=world.tokens[account]).text


def new_account(name: str, role: str, password: str = "") -> dict[str, object]:
    return {
        "accounts-new-name": name,
        "accounts-new-title": "a post",
        "accounts-new-role": role,
        "accounts-new-communities": [],
        "accounts-new-worker": "",
        "accounts-new-password": password,
    }


def test_an_operator_makes_an_account_and_the_audit_names_the_operator(app: FastAPI, world: World):
    with world.database.owner.connect() as connection:
        before = connection.scalar(text("SELECT coalesce(max(id), 0) FROM access.audit"))

    made = press(app, world, "operator", "accounts-make", values=new_account("made-here", "duty_officer"))
    token = press(
        app, world, "operator", "accounts-token", name="made-here",
        values={"accounts-token-kind": "link", "accounts-token-label": "a test"},
    )  # fmt: skip
    shut = press(app, world, "operator", "accounts-shut", name="made-here", values={})

    assert "made-here" in made
    assert "令牌只显示这一次" in token
    assert "已停用" in shut
    with world.database.owner.connect() as connection:
        written = connection.execute(
            text("SELECT actor, action, table_name FROM access.audit WHERE id > :before ORDER BY id"),
            {"before": before},
        ).all()
    assert [(row.actor, row.action, row.table_name) for row in written] == [
        ("operator", "insert", "access.account"),
        ("operator", "insert", "access.token"),
        ("operator", "update", "access.account"),
    ]


def test_who_is_audited_neither_makes_nor_shuts_the_auditor_nor_themselves(app: FastAPI, world: World):
    refused = press(app, world, "operator", "accounts-make", values=new_account("second-auditor", "auditor"))
    taken = press(app, world, "operator", "accounts-shut", name="auditor", values={})
    own = press(app, world, "operator", "accounts-shut", name="operator", values={})
    other = press(app, world, "auditor", "accounts-shut", name="duty", values={})

    assert "须在命令行管理" in refused
    assert "须在命令行管理" in taken
    assert "须由他人停用" in own
    assert "无权管理账号" in other
    with world.database.owner.connect() as connection:
        shut = connection.scalar(
            text(
                "SELECT count(*) FROM access.account WHERE disabled_at IS NOT NULL AND name IN ('auditor', 'operator', 'duty')"
            )
        )
    assert shut == 0
