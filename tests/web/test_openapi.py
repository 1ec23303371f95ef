"""The API's description is true: valid, complete, and nothing a stranger sends becomes a 5xx."""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema_rs import meta
from schemathesis.core import NotSet

from supplyhub.people.states import Role
from tests.drill import DRILL
from tests.factories import Shop, an_account, bearer

FUZZ = settings(
    max_examples=20 if DRILL else 2,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# Both ask everything in the drill; in every run they take turns.
ROLES = (Role.COORDINATOR, Role.RESIDENT)


@pytest.fixture
def spec(client):
    return client.get("/api/v1/openapi.json").json


def test_the_description_is_openapi_3_1_and_its_schemas_are_json_schema(spec):
    assert spec["openapi"] == "3.1.0"
    for name, schema in spec["components"]["schemas"].items():
        meta.validate(schema)
        assert schema, name


def test_every_operation_of_the_api_is_described_with_words(app, spec):
    described = {
        (method.upper(), path)
        for path, operations in spec["paths"].items()
        for method, about in operations.items()
        if isinstance(about, dict) and about.get("summary")
    }
    routes = {
        (method, _as_described(rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes - described == set()


def _as_described(rule: str) -> str:
    parts = [f"{{{part[1:-1].rpartition(':')[2]}}}" if part.startswith("<") else part for part in rule.split("/")]
    return "/".join(parts)


def test_ids_in_addresses_are_described_as_numbers(spec):
    parameters = spec["paths"]["/api/v1/menus/{menu_id}/order"].get("parameters") or []
    parameters = parameters or spec["paths"]["/api/v1/menus/{menu_id}/order"]["get"]["parameters"]
    assert [p["schema"]["type"] for p in parameters if p.get("in") == "path"] == ["integer"]


def body_of(case: schemathesis.Case) -> dict[str, Any]:
    """Return what a client would send of a case: bytes as they are, forms as files, the rest as JSON."""
    if isinstance(case.body, NotSet):
        return {}
    if isinstance(case.body, bytes):
        return {"data": case.body, "content_type": case.media_type}
    if case.media_type == "multipart/form-data":
        parts = case.body.items() if isinstance(case.body, dict) else []
        return {"data": {name: (BytesIO(str(part).encode()), "file") for name, part in parts}}
    return {"data": json.dumps(case.body), "content_type": "application/json"}


@pytest.mark.parametrize("role", ROLES)
def test_nothing_that_fits_or_breaks_the_description_becomes_a_5xx(app, client, role):
    shop = Shop()
    account = shop.home.account_id if role == Role.RESIDENT else an_account(shop.community, role).id
    headers = bearer(account) | {"If-None-Match": "*"}
    api = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json)
    broken = []
    for place, result in enumerate(api.get_all_operations()):
        if not DRILL and ROLES[place % len(ROLES)] != role:
            continue
        operation = result.ok()

        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            strategy = operation.as_strategy(generation_mode=mode)

            @FUZZ
            @given(strategy)
            def send(case):
                query = {} if isinstance(case.query, NotSet) else case.query
                answer = client.open(
                    case.formatted_path, method=case.method, query_string=query, headers=headers, **body_of(case)
                )
                if answer.status_code >= 500:
                    broken.append((case.method, case.formatted_path, answer.status_code))

            # An operation without parameters can't be asked wrongly.
            with suppress(Unsatisfiable):
                send()
    assert broken == []


def test_the_page_to_read_shows_every_area(client):
    page = client.get("/api").get_data(as_text=True)
    assert "/api/v1/menus/{menu_id}/order" in page
    assert "If-None-Match" in page
