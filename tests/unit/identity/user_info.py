"""A sign-in whose claims are in the UserInfo response, not in the ID token."""

from testing.harness import Answer, Harness

ALICE = {"email": "alice@example.com", "email_verified": True}
NO_ADDRESS = {"email": None, "email_verified": None}


def sign_in(harness: Harness, user_info: dict[str, object] | None, **claims: object) -> Answer:
    """Sign in with `claims` in the ID token, which otherwise has no address and no groups.

    `user_info`: the response of UserInfo without `sub`. None if the provider has no such endpoint.
    """
    harness.issuer.user_info = user_info
    return harness.sign_in(**{**NO_ADDRESS, "groups": [], **claims})


def assert_refused(answer: Answer, harness: Harness, status: int) -> None:
    """Require the response `status`, and that nobody is signed in."""
    assert answer.status == status
    assert "gate-session" not in str(harness.browser.cookies)
