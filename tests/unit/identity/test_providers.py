"""Identity providers: the settings in docs/identity.md, with tokens as the providers' documentation shows them.

Each test is a whole sign-in over sockets.
"""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from gate.values.errors.caller import EmailNotVerifiedError
from gate.values.errors.notebook import GroupsNotSentError
from infra.settings import Settings
from testing.environment import JSON
from testing.harness import Answer, Harness
from tests.unit.identity.provider_claims import ENTRA_OID, ROWS, Row

DOCUMENT = (Path(__file__).parents[3] / "docs" / "identity.md").read_text()


def _documented_settings() -> dict[str, dict[str, Any]]:
    """Return the settings in `[identity]` of each provider in docs/identity.md."""
    section = DOCUMENT.split("\n## Providers\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| [")]
    return {
        re.findall(r"\[([^\]]+)\]", name)[0]: tomllib.loads("\n".join(re.findall(r"`([^`]+)`", lines)))
        for name, _, lines, _ in rows
    }


SETTINGS = _documented_settings()


def _deploy(harness: Harness, row: Row) -> None:
    """Deploy with the settings of docs/identity.md, and the test issuer as the provider."""
    own = {"issuer": harness.issuer.url, "client_id": harness.environ["GATE_CLIENT_ID"]}
    identity = Settings.parse(
        {"networks": ["203.0.113.0/24"], "identity": {**SETTINGS[row.provider], **row.settings, **own}}
    ).identity
    harness.issuer.user_info = row.user_info
    harness.configure(
        GATE_SCOPES=" ".join(identity.scopes),
        GATE_USER_CLAIM=identity.user_claim,
        GATE_GROUPS_CLAIM=identity.groups_claim,
        GATE_GROUPS=",".join(identity.groups),
        GATE_TRUST_EMAIL=str(identity.trust_email).lower(),
        GATE_SIGN_OUT=identity.sign_out,
    )


def _sign_in(harness: Harness, row: Row) -> Answer:
    redirect = harness.browser.get("/login?next=/open")
    params = harness.issuer.sign_in(redirect.location, **row.id_token)
    if harness.issuer.user_info is not None:
        harness.issuer.user_info = {**harness.issuer.user_info, "sub": row.id_token["sub"]}
    return harness.browser.get(f"/login/callback?{urlencode(params)}")


def test_every_provider_of_the_document_has_a_row() -> None:
    assert list(SETTINGS) == list(dict.fromkeys(row.provider for row in ROWS))
    assert len(SETTINGS) == 8
    assert all(row.source.startswith("https://") for row in ROWS)


@pytest.mark.parametrize("provider", SETTINGS)
def test_the_settings_of_the_document_are_valid(provider: str) -> None:
    assert Settings.parse({"networks": ["203.0.113.0/24"], "identity": SETTINGS[provider]}).identity.issuer


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_provider_signs_people_in_as_its_documentation_shows(harness: Harness, row: Row) -> None:
    _deploy(harness, row)
    assert _sign_in(harness, row).status == 302
    harness.aws.table.clear()
    harness.aws.grant(f"user:{row.user}", "alice-notebook")
    for number, group in enumerate(row.groups):
        harness.aws.grant(f"group:{group}", f"notebook-{number}")
    harness.aws.grant("group:other", "bob-notebook")
    listed = harness.browser.get("/", headers=JSON).json["notebooks"]
    assert [each["notebook"] for each in listed] == [
        "alice-notebook", *(f"notebook-{number}" for number in range(len(row.groups)))
    ]  # fmt: skip


UNVERIFIED = [row for row in ROWS if "email" in row.id_token and row.id_token.get("email_verified") is not True]


@pytest.mark.parametrize("row", UNVERIFIED, ids=str)
def test_an_address_that_a_provider_does_not_verify_is_refused(harness: Harness, row: Row) -> None:
    # Entra ID sends no `email_verified`, Okta sends none in the ID token, and Authentik sends false.
    _deploy(harness, row)
    harness.issuer.user_info = None
    harness.configure(GATE_USER_CLAIM="email", GATE_TRUST_EMAIL="false")
    answer = _sign_in(harness, row)
    assert (answer.status, EmailNotVerifiedError.title in answer.body) == (403, True)


@pytest.mark.parametrize(
    "pointer",
    [
        {
            "_claim_names": {"groups": "src1"},
            "_claim_sources": {"src1": {"endpoint": "https://graph.microsoft.com/v1.0/users/x/getMemberObjects"}},
        },
        {"hasgroups": True},
    ],
    ids=["_claim_names", "hasgroups"],
)
def test_a_person_with_a_grant_of_their_own_is_not_affected_by_entra_ids_overage(
    harness: Harness, pointer: dict[str, Any]
) -> None:
    entra = next(row for row in ROWS if row.provider == "Microsoft Entra ID")
    token = {name: value for name, value in entra.id_token.items() if name != "groups"} | pointer
    row = Row(entra.provider, "overage", entra.source, ENTRA_OID, (), token)
    _deploy(harness, row)
    _sign_in(harness, row)
    refused = harness.browser.get("/open/shared-notebook")
    assert (refused.status, GroupsNotSentError.title in refused.body) == (403, True)
    harness.aws.grant(f"user:{ENTRA_OID}", "alice-notebook")
    assert harness.browser.get("/open/alice-notebook").status == 302
