"""Signing in, over real sockets, at identity providers of other projects."""

import time
from collections.abc import Callable

import jwt
import pytest
import requests

from gate.identity.published import FETCH_INTERVAL
from gate.values.errors.sign_in import SignInDeniedError
from local.deployment import LocalDeployment
from local.provider import CLIENT_ID
from testing.providers.browser import ProviderBrowser
from testing.providers.keys import Key, ec_key, rsa_key
from testing.providers.provider import PEOPLE, ForeignProvider, Setup, client

Browsers = Callable[[], ProviderBrowser]

ALICE, BOB = PEOPLE
ALICES, SHARED = "/open/alice-notebook", "/open/shared-notebook"
KEYS = (rsa_key("rsa"), ec_key("ec"))


def ready(deployment: LocalDeployment, provider: ForeignProvider, setup: Setup, **environment: str) -> None:
    """Configure the provider with `setup`, and restart the function with the matching environment."""
    provider.configure(setup)
    deployment.function.restart(
        environment={"GATE_ISSUER": provider.issuer, **provider.environment(setup), **environment}
    )


def opens(answer: requests.Response, notebook: str) -> bool:
    location = answer.headers.get("Location", "")
    return location.startswith(f"http://{notebook}.notebook.") and "authToken=" in location


def test_the_default_configuration(deployment: LocalDeployment, provider: ForeignProvider, browsers: Browsers) -> None:
    ready(deployment, provider, Setup([client(deployment.base_url)]))
    assert opens(browsers().sign_in(ALICES, ALICE), "alice-notebook")


@pytest.mark.parametrize("metadata", [{}, {"userinfo_signed_response_alg": "ES256"}], ids=["json", "signed"])
def test_claims_in_userinfo_only(
    deployment: LocalDeployment, provider: ForeignProvider, browsers: Browsers, metadata: dict[str, str]
) -> None:
    setup = Setup([client(deployment.base_url, **metadata)], KEYS, claims_in="userinfo")
    ready(deployment, provider, setup, GATE_SCOPES="openid email groups")
    assert opens(browsers().sign_in(ALICES, ALICE), "alice-notebook")
    assert opens(browsers().sign_in(SHARED, BOB), "shared-notebook")


def test_groups_need_their_scope(deployment: LocalDeployment, provider: ForeignProvider, browsers: Browsers) -> None:
    setup = Setup([client(deployment.base_url)], KEYS, claims_in="id_token")
    ready(deployment, provider, setup, GATE_SCOPES="openid email")
    assert browsers().sign_in(SHARED, BOB).status_code == 403
    ready(deployment, provider, setup, GATE_SCOPES="openid email groups")
    assert opens(browsers().sign_in(SHARED, BOB), "shared-notebook")


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_other_signature_algorithms(
    deployment: LocalDeployment, provider: ForeignProvider, browsers: Browsers, algorithm: str
) -> None:
    registered = client(deployment.base_url, id_token_signed_response_alg=algorithm)
    ready(deployment, provider, Setup([registered], KEYS, claims_in="id_token"))
    assert opens(browsers().sign_in(ALICES, ALICE), "alice-notebook")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_client_authentication_methods(
    deployment: LocalDeployment, provider: ForeignProvider, browsers: Browsers, method: str
) -> None:
    registered = client(deployment.base_url, token_endpoint_auth_method=method)
    public = {"GATE_CLIENT_SECRET_ARN": ""} if method == "none" else {}
    ready(deployment, provider, Setup([registered], KEYS, claims_in="id_token"), **public)
    assert opens(browsers().sign_in(ALICES, ALICE), "alice-notebook")


def test_the_provider_rotates_its_key(
    deployment: LocalDeployment, provider: ForeignProvider, browsers: Browsers
) -> None:
    before, after = rsa_key("rsa"), rsa_key("newer")
    ready(deployment, provider, Setup([client(deployment.base_url)], [before], claims_in="id_token"))
    assert opens(browsers().sign_in(ALICES, ALICE), "alice-notebook")
    script, token, newer = browsers(), _token(provider.issuer, before), _token(provider.issuer, after)
    assert opens(script.go(ALICES, headers={"Authorization": f"Bearer {token}"}), "alice-notebook")

    provider.configure(Setup([client(deployment.base_url)], [after], claims_in="id_token"))
    deployment.function.advance_clock(FETCH_INTERVAL + 1)

    assert opens(browsers().sign_in(ALICES, ALICE), "alice-notebook")
    assert script.go(ALICES, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert opens(script.go(ALICES, headers={"Authorization": f"Bearer {newer}"}), "alice-notebook")


def _token(issuer: str, key: Key) -> str:
    """Return an ID token for Alice, as `issuer` signs it with `key`."""
    now = int(time.time())
    claims = {"iss": issuer, "aud": CLIENT_ID, "sub": ALICE.name, "email": ALICE.email, "email_verified": True}
    return jwt.encode({**claims, "iat": now, "exp": now + 600}, key.private, "RS256", {"kid": key.id})


def test_signing_out_ends_the_providers_session_too(
    deployment: LocalDeployment, provider: ForeignProvider, browsers: Browsers
) -> None:
    ready(deployment, provider, Setup([client(deployment.base_url)], KEYS, claims_in="id_token"))
    browser = browsers()
    browser.sign_in(ALICES, ALICE)
    browser.delete_gate_cookies()
    assert opens(browser.follow(browser.go(ALICES)), "alice-notebook")  # the provider still has a session

    confirmation = browser.follow(browser.press("/logout"))
    assert browser.at_provider(confirmation)
    browser.visited.clear()
    end = browser.submit(confirmation, provider.SIGN_OUT)

    assert f"{deployment.base_url}/" in browser.visited
    assert browser.at_provider(end)
    assert browser.at_provider(browser.follow(browser.go(ALICES)))


def test_a_user_refuses_consent(deployment: LocalDeployment, provider: ForeignProvider, browsers: Browsers) -> None:
    ready(deployment, provider, Setup([client(deployment.base_url)], KEYS, claims_in="id_token"))
    browser = browsers()
    answer = browser.sign_in(ALICES, ALICE, refuse=True)
    assert answer.url.startswith(f"{deployment.base_url}/login/callback?")
    assert (answer.status_code, SignInDeniedError.title in answer.text) == (400, True)
    assert browser.at_provider(browser.follow(browser.go(ALICES)))
