"""The claim that names users, and the audiences of bearer tokens."""

import json

import pytest

from cli.grant_schema.principal import parse_principal
from testing.environment import JSON
from testing.harness import Answer, Browser, Harness
from testing.log_lines import Lines

OPEN = "/open/alice-notebook"
GOOD = {"email": "alice@example.com", "email_verified": True}


def _grant_only(harness: Harness, principal: str) -> None:
    harness.aws.table.clear()
    harness.aws.grant(parse_principal(principal), "alice-notebook")


@pytest.mark.parametrize(
    ("claim", "value", "granted", "others"),
    [
        ("sub", "00uA1b2", "user:00uA1b2", ["00ua1b2", "00UA1B2", "00uA1b2x"]),
        ("preferred_username", "alice", "user:alice", ["Alice", "alic\u0435"]),
        ("oid", "6ad4-11", "user:6ad4-11", ["6ad4-12"]),
        ("upn", "Alice@Corp.example", "user:alice@corp.example", ["alice@corp2.example"]),
        ("https://corp.example/name", "auth0|x y", "user:auth0|x y", ["auth0|x  y"]),
        ("preferred_username", "rene\u0301", "user:ren\u00e9", ["rene"]),
    ],
)
def test_a_grant_applies_to_the_value_of_the_user_claim(
    harness: Harness, claim: str, value: str, granted: str, others: list[str]
) -> None:
    harness.configure(GATE_USER_CLAIM=claim)
    _grant_only(harness, granted)
    for name in (value, *others):
        browser = Browser(harness.browser.base_url)
        assert harness.sign_in("x@example.com", browser=browser, email_verified=None, **{claim: name}).status == 302
        assert browser.get(OPEN).status == (302 if name == value else 403), name


def test_the_address_is_ignored_if_another_claim_names_users(harness: Harness) -> None:
    harness.configure(GATE_USER_CLAIM="preferred_username")
    assert harness.sign_in("alice@example.com", preferred_username="mallory").status == 302
    assert harness.browser.get(OPEN).status == 403
    assert "<strong>mallory</strong>" in harness.browser.get("/").body


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "absent"), (7, "number"), (True, "boolean"), (["alice"], "array"), ({"a": 1}, "object"), ("", "string"),
        (" alice", "string"), ("al\u200bice", "string"), ("alice\n", "string"), ("x" * 513, "string"),
        # The Kelvin sign would become a letter of another person's address.
        ("\u212aim@example.com", "string"), ("a@b@c", "string"),
    ],
)  # fmt: skip
def test_an_unusable_user_claim_is_refused_and_logged(
    harness: Harness,
    value: object,
    problem: str,
    lines: Lines,
) -> None:
    harness.configure(GATE_USER_CLAIM="preferred_username")
    answer = harness.sign_in("alice@example.com", preferred_username=value)
    assert answer.status == 403
    assert "did not say who you are" in answer.body
    assert 'class="button"' not in answer.body  # signing in again would not help
    assert "gate-session" not in str(harness.browser.cookies)
    (line,) = [line for line in map(json.loads, lines.texts) if line["message"] == "the user's claim can't be used"]
    assert (line["level"], line["claim"], line["problem"]) == ("WARNING", "preferred_username", problem)
    assert line["correlation_id"] in answer.body
    if isinstance(value, str) and value:
        assert value not in str(lines.texts)


def test_an_absent_address_is_not_reported_as_unverified(harness: Harness) -> None:
    redirect = harness.browser.get("/login")
    params = harness.issuer.sign_in(redirect.location)
    answer = harness.browser.get(f"/login/callback?code={params['code']}&state={params['state']}", headers=JSON)
    assert (answer.status, answer.json["error"]) == (403, "user_unknown")


# Bearer tokens -------------------------------------------------------------------------------------------------------


def _bearer(harness: Harness, **claims: object) -> Answer:
    token = harness.issuer.token(**{**GOOD, **claims})
    browser = Browser(harness.browser.base_url)
    return browser.get(OPEN, headers={**JSON, "Authorization": f"Bearer {token}"})


def test_the_user_claim_identifies_a_bearer(harness: Harness) -> None:
    harness.configure(GATE_USER_CLAIM="sub")
    _grant_only(harness, "user:S-9")
    assert _bearer(harness, sub="S-9").status == 200
    assert _bearer(harness, sub="s-9").status == 403


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"aud": "cli"}, 200),
        ({"aud": "jupyter"}, 200),
        ({"aud": "another"}, 401),
        ({"aud": "cl"}, 401),
        ({"aud": "cli", "azp": "cli"}, 200),
        ({"aud": "cli", "azp": "notebook-gate"}, 200),
        ({"aud": "cli", "azp": "another"}, 401),
        ({"aud": ["cli", "another"]}, 401),
        ({"aud": ["cli", "another"], "azp": "cli"}, 200),
        ({"aud": ["cli", "another"], "azp": "another"}, 401),
        ({"azp": "cli"}, 200),
    ],
)
def test_tokens_of_listed_applications_are_accepted(harness: Harness, claims: dict[str, object], status: int) -> None:
    harness.configure(GATE_AUDIENCES="cli,jupyter")
    assert _bearer(harness, **claims).status == status


def test_without_the_setting_another_applications_token_is_refused(harness: Harness) -> None:
    assert _bearer(harness, aud="cli").status == 401


@pytest.mark.parametrize("claims", [{"aud": "cli"}, {"aud": "cli", "azp": "notebook-gate"}, {"azp": "cli"}])
def test_a_sign_in_refuses_a_token_of_another_application(harness: Harness, claims: dict[str, object]) -> None:
    harness.configure(GATE_AUDIENCES="cli")
    assert harness.sign_in(**claims).status == 400
    assert "gate-session" not in str(harness.browser.cookies)


# Signing out ---------------------------------------------------------------------------------------------------------


def test_signing_out_here_does_not_call_the_provider(harness: Harness) -> None:
    harness.configure(GATE_SIGN_OUT="here")
    harness.sign_in()
    harness.issuer.requests.clear()
    answer = harness.browser.post("/logout")
    assert (answer.status, answer.headers.get("refresh"), harness.browser.cookies) == (200, None, {})
    assert harness.issuer.url not in answer.body
    assert harness.issuer.requests == []
