"""Domains of SageMaker Studio, user profiles, spaces and applications, as SageMaker's API describes them."""

import datetime
from dataclasses import dataclass
from typing import Any

from local.template import ACCOUNT

EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/studio"
"""The execution role of domains that have no other."""


@dataclass
class Domain:
    """A domain, with the settings of its user profiles and of its shared spaces."""

    auth_mode: str = "IAM"
    """`IAM`, or `SSO` for a domain that signs in with IAM Identity Center."""
    execution_role: str = EXECUTION_ROLE
    """That of user profiles without an execution role of their own."""
    space_execution_role: str = EXECUTION_ROLE
    """That of shared spaces."""

    def described(self, domain: str) -> dict[str, Any]:
        """Return the answer to DescribeDomain."""
        return {
            "DomainId": domain,
            "Status": "InService",
            "AuthMode": self.auth_mode,
            "DefaultUserSettings": {"ExecutionRole": self.execution_role},
            "DefaultSpaceSettings": {"ExecutionRole": self.space_execution_role},
        }


@dataclass
class Owner:
    """A user profile or a space, with its state."""

    status: str = "InService"
    failure_reason: str = ""
    changed: float = 0

    def state(self) -> dict[str, Any]:
        """Return the members that describe the state."""
        failure = {"FailureReason": self.failure_reason} if self.failure_reason else {}
        return {"Status": self.status, "LastModifiedTime": timestamp(self.changed), **failure}


@dataclass
class Profile(Owner):
    """A user profile."""

    identity_center_user: str = ""
    """The user in IAM Identity Center, in domains that sign in with it."""
    execution_role: str = ""
    """Empty for that of the domain."""

    def listed(self, domain: str, name: str) -> dict[str, Any]:
        """Return the item of an answer to ListUserProfiles."""
        return {"DomainId": domain, "UserProfileName": name, "Status": self.status}

    def described(self, domain: str, name: str) -> dict[str, Any]:
        """Return the answer to DescribeUserProfile."""
        user = self.identity_center_user
        identity_center = {"SingleSignOnUserIdentifier": "UserName", "SingleSignOnUserValue": user} if user else {}
        settings = {"UserSettings": {"ExecutionRole": self.execution_role}} if self.execution_role else {}
        return {"DomainId": domain, "UserProfileName": name, **self.state(), **identity_center, **settings}


@dataclass
class Space(Owner):
    """A space, and its application."""

    owner: str = ""
    """The user profile to which a private space belongs. Empty for a shared space."""
    app_type: str = "JupyterLab"
    instance_type: str = "ml.t3.medium"
    app: "App | None" = None
    app_failure: str = ""
    """The reason for which the next application that starts will fail; empty if it will not."""

    def described(self, domain: str, name: str) -> dict[str, Any]:
        """Return the answer to DescribeSpace."""
        resources = {"DefaultResourceSpec": {"InstanceType": self.instance_type}}
        return {
            "DomainId": domain,
            "SpaceName": name,
            **self.state(),
            "SpaceSettings": {"AppType": self.app_type, f"{self.app_type}AppSettings": resources},
            "SpaceSharingSettings": {"SharingType": "Private" if self.owner else "Shared"},
            **({"OwnershipSettings": {"OwnerUserProfileName": self.owner}} if self.owner else {}),
        }

    def listed(self, domain: str, name: str) -> dict[str, Any]:
        """Return the item of an answer to ListSpaces."""
        return {"DomainId": domain, "SpaceName": name, "Status": self.status}


@dataclass
class App:
    """The application of a space, with the state that it has, and the next one."""

    status: str
    created: float
    instance_type: str
    failure_reason: str = ""
    next: tuple[str, float] | None = None
    """The state that follows, and when, in epoch seconds."""


def timestamp(seconds: float) -> datetime.datetime:
    """Return the moment `seconds` after the epoch, as boto3 has it."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
