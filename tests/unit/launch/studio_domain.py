"""A Studio domain with one user profile and her space, and grants for both."""

from typing import Any

import pytest

from local.aws.studio_resources import App, Profile, Space
from testing.harness import Harness

JSON = {"Accept": "application/json"}
ALICE = "user:alice@example.com"
HOME, SPACE = "studio:d-abc/alice", "studio:d-abc/alice/churn"
HOME_PATH, SPACE_PATH = "/open/studio~d-abc~alice", "/open/studio~d-abc~alice~churn"
PREFIX = "arn:aws:sagemaker:eu-west-1:123456789012:"
PROFILE_ARN, SPACE_ARN, APPS_ARN = (
    f"{PREFIX}{end}" for end in ("user-profile/d-abc/alice", "space/d-abc/churn", "app/d-abc/churn/*")
)


@pytest.fixture
def studio(harness: Harness) -> Harness:
    """A domain with one user profile and her running space, for both of which she has a grant."""
    harness.configure(GATE_STUDIO_DOMAINS="d-abc")
    harness.aws.studio.profiles["d-abc", "alice"] = Profile()
    harness.aws.studio.spaces["d-abc", "churn"] = Space(owner="alice", app=App("InService", 0, "ml.t3.medium"))
    harness.aws.table.clear()
    harness.aws.grant(ALICE, HOME)
    harness.aws.grant(ALICE, SPACE)
    harness.sign_in()
    return harness


def change_space(studio: Harness, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(studio.aws.studio.spaces["d-abc", "churn"], name, value)


def presigned(studio: Harness) -> list[dict[str, Any]]:
    return studio.aws.called("create_presigned_domain_url")
