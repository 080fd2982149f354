"""The API as an attacker finds it: without a token, with too small a one, and with bodies that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from structlog.testing import capture_logs

from pipeline.api_serving import operations
from pipeline.domain.api_token import Scope
from pipeline.store.database import reading
from pipeline.store.tables import metadata
from pipeline.web.api.operation import Operation
from pipeline.web.application import API_ROOT
from tests.fakes.api_house import ApiHouse, api_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiHouse]:
    with api_house(tmp_path_factory.mktemp("api")) as opened:
        yield opened


@pytest.fixture(scope="module")
def every(house: ApiHouse) -> list[Operation]:
    return operations(house.app, lambda: None, lambda: None)


def rows(house: ApiHouse) -> dict[str, Any]:
    """All that is in the store, but for tokens and when they were used."""
    with reading(house.app.store.engine) as tx:
        return {
            table.name: tx.execute(table.select()).all()
            for table in metadata.sorted_tables
            if not table.name.startswith("api_")
        }


def refused(answer: requests.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


def path_of(one: Operation) -> str:
    return one.path.replace("{id}", "1")


def test_no_route_answers_without_a_token_that_is_good(house: ApiHouse, every: list[Operation]) -> None:
    before = rows(house)
    expired, revoked = house.token(days=1), house.token()
    house.app.store.api_tokens.revoke(house.app.store.api_tokens.listed()[-1].name, house.now)
    house.forward(timedelta(days=1))
    good = house.token()
    for one in every:
        for headers in (
            {},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer "},
            {"Authorization": f"Basic {good}"},
            {"Authorization": good},
            {"Authorization": "Bearer rb_made_up"},
            {"Authorization": f"Bearer {good}x"},
            {"Authorization": f"Bearer {good[:-1]}\xe9"},
            {"Authorization": f"Bearer {expired}"},
            {"Authorization": f"Bearer {revoked}"},
        ):
            answer = house.ask(one.method, path_of(one), {}, headers=headers)
            refused(answer, 401, "token")
            assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert rows(house) == before


def test_no_route_answers_a_token_without_its_scope(house: ApiHouse, every: list[Operation]) -> None:
    before = rows(house)
    for one in every:
        other = house.token(*(scope for scope in Scope if scope is not one.scope))
        answer = house.ask(one.method, path_of(one), {}, token=other)
        refused(answer, 403, "scope")
        assert one.scope.value in answer.headers["www-authenticate"]
    assert rows(house) == before


def test_bodies_of_the_wrong_type_size_or_depth_are_refused(house: ApiHouse, every: list[Operation]) -> None:
    before, token = rows(house), house.token()
    deep = json.dumps({"reason": "x"})[:-1] + ', "y": ' + "[" * 100 + "]" * 100 + "}"
    endless = "[" * 50_000
    for one in every:
        if one.body is None:
            continue
        path, headers = f"{house.base}{API_ROOT}{path_of(one)}", {"Authorization": f"Bearer {token}"}
        as_json = headers | {"Content-Type": "application/json"}

        def sent(data: bytes, headers: dict[str, str], path: str = path, one: Operation = one) -> requests.Response:
            house.seconds[0] += 60
            return requests.request(one.method, path, data=data, headers=headers, timeout=10)

        refused(sent(b"{}", headers | {"Content-Type": "text/plain"}), 415, "media-type")
        refused(sent(b"{}", headers), 415, "media-type")
        refused(sent(b"a=b", headers | {"Content-Type": "application/x-www-form-urlencoded"}), 415, "media-type")
        refused(sent(b" " * (one.largest + 1), as_json), 413, "too-large")
        refused(sent(deep.encode(), as_json), 400, "depth")
        refused(sent(endless.encode(), as_json), 400, "depth" if one.largest > len(endless) else "too-large")
        for wrong in (b"", b"{", b"\xff\xfe{}", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"9" * 5000):
            refused(sent(wrong, as_json), 400, "json")
        for text in (b'{"reason": "\\u0000"}', b'{"reason": "\\ud800"}', b'{"\\u0000": 1}'):
            refused(sent(text, as_json), 400, "text")
        for value in (b"[]", b"1", b"null", b'"x"', b'{"nobody": "knows"}'):
            refused(sent(value, as_json), 422, "values")
    assert rows(house) == before


@pytest.mark.parametrize(
    "path",
    [
        "/articles?limit=0",
        "/articles?limit=100000",
        "/articles?limit=one",
        "/articles?nobody=knows",
        "/subscribers?state=sideways",
        "/subscribers?newsletter=%0A",
        "/plan",
        "/plan?newsletter=none",
        "/plan?newsletter=brief&at=tomorrow",
        "/plan?newsletter=brief&at=2026-11-24T07:00",
    ],
)
def test_parameters_that_are_wrong_are_named(house: ApiHouse, path: str) -> None:
    answer = house.ask("GET", path, token=house.token())
    refused(answer, 422, "values")
    assert answer.json()["errors"][0]["pointer"]


@pytest.mark.parametrize(
    "path",
    [
        "/articles?cursor=x",
        "/articles?cursor=%00",
        "/articles?cursor=W251bGwsIDFd",
        "/runs?cursor=WyIyMDI2IiwgMV0",
        "/issues?cursor=bnVsbA",
        "/subscribers?cursor=Ww",
        "/subscribers?cursor=W251bGwsIDFlOTld",
        "/subscribers?limit=1&limit=2",
        "/articles?topic=%00",
    ],
)
def test_cursors_that_are_not_ours_are_refused(house: ApiHouse, path: str) -> None:
    assert house.ask("GET", path, token=house.token()).status_code == 400


@pytest.mark.parametrize(
    "path", ["/nothing", "/articles/", "/articles/x", "/articles/-1", f"/articles/{2**63}", f"/issues/{10**40}", "/"]
)
def test_what_is_not_there_is_said_in_the_apis_own_form(house: ApiHouse, path: str) -> None:
    refused(house.ask("GET", path, token=house.token()), 404, "not-found")


def test_another_method_is_refused_with_those_that_there_are(house: ApiHouse) -> None:
    answer = house.ask("PATCH", "/articles", {}, token=house.token())
    refused(answer, 405, "method")
    assert set(answer.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}


def test_who_asks_too_often_is_told_when_to_go_on(tmp_path: Path) -> None:
    with api_house(tmp_path) as house:
        headers = {"Authorization": f"Bearer {house.token(Scope.ISSUES_READ)}"}
        url = f"{house.base}{API_ROOT}/issues"
        with requests.Session() as session:
            answers = [session.get(url, headers=headers, timeout=10) for _ in range(201)]
            assert [one.status_code for one in answers] == [200] * 200 + [429]
            assert int(answers[-1].headers["retry-after"]) >= 1
            guesses = [session.get(url, headers={"Authorization": "Bearer x"}, timeout=10) for _ in range(31)]
            assert [one.status_code for one in guesses] == [401] * 30 + [429]


def test_neither_a_token_nor_an_address_gets_into_the_log(house: ApiHouse) -> None:
    token = house.token()
    with capture_logs() as logs:
        house.ask("POST", "/subscribers", {"newsletter": "brief", "address": "anna@example.org"}, token=token)
        house.ask("POST", "/subscribers/search", {"address": "anna@example.org"}, token=token)
        house.ask("POST", "/subscribers", {"newsletter": "brief", "address": "anna at example"}, token=token)
    assert "anna" not in str(logs)
    assert token not in str(logs)


def test_a_token_is_kept_as_a_digest_only(house: ApiHouse) -> None:
    token = house.token()
    with reading(house.app.store.engine) as tx:
        kept = str(tx.execute(metadata.tables["api_token"].select()).all())
    assert token not in kept
    used = next(one for one in house.app.store.api_tokens.listed() if house.app.store.api_tokens.good(token, house.now))
    assert used is not None
    assert house.app.store.api_tokens.listed()[-1].revoked is None
