"""Domains of SageMaker Studio, with their profiles, spaces and apps. moto knows nothing but domains, without settings.

Source: SageMaker's API reference, and its model for the form of parameters.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.aws.calls import ApiError, Call
from local.aws.presigned import PresignedUrl, PresignedUrls
from local.aws.sessions import Identity
from local.aws.studio_resources import App, Domain, Profile, Space, timestamp
from local.aws.validation import check_parameters
from local.template import ACCOUNT, REGION

STARTING, STOPPING = 180, 30
"""Seconds that the application of a space usually takes in SageMaker."""

_OPERATIONS = frozenset(
    {
        "CreatePresignedDomainUrl",
        "DescribeDomain",
        "DescribeUserProfile",
        "DescribeSpace",
        "DescribeApp",
        "ListUserProfiles",
        "ListSpaces",
        "CreateApp",
        "DeleteApp",
    }
)


@dataclass
class StudioDomains:
    """The domains of one account and region."""

    urls: PresignedUrls
    clock: Callable[[], float]
    address_of: Callable[[str], str]
    """Returns the address of a site by its name."""
    speed_factor: float = 1
    """How many times faster than at AWS an application starts and stops."""
    on_out_of_service: Callable[[str], None] = lambda _site: None
    """Called with the name of each possible site of a space whose application is no longer in service."""
    domains: dict[str, Domain] = field(default_factory=dict)
    """By their ids. A domain with profiles need not be here if it has nothing special."""
    profiles: dict[tuple[str, str], Profile] = field(default_factory=dict)
    """By the ids of their domains and their names in lower case."""
    spaces: dict[tuple[str, str], Space] = field(default_factory=dict)
    """By the ids of their domains and their names in lower case."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @staticmethod
    def arns_of(operation: str, parameters: Mapping[str, Any], region: str) -> list[str]:
        """Return the ARNs that `operation` needs permission for (service authorization reference)."""
        # Lists are operators' calls, and every policy must refuse DeleteSpace.
        if operation not in {*_OPERATIONS - {"ListUserProfiles", "ListSpaces"}, "DeleteSpace"}:
            return []
        domain, profile, space = (
            parameters.get(name, "").lower() for name in ("DomainId", "UserProfileName", "SpaceName")
        )
        names = {
            "CreatePresignedDomainUrl": f"user-profile/{domain}/{profile}",
            "DescribeDomain": f"domain/{domain}",
            "DescribeUserProfile": f"user-profile/{domain}/{profile}",
            "DescribeSpace": f"space/{domain}/{space}",
            "DeleteSpace": f"space/{domain}/{space}",
        }
        app = f"app/{domain}/{space or profile}/{parameters.get('AppType')}/{parameters.get('AppName')}"
        return [f"arn:aws:sagemaker:{region}:{ACCOUNT}:{names.get(operation, app)}"]

    def answer(self, call: Call, identity: Identity | None) -> dict[str, Any] | None:
        """Answer `call`, or return None for what others answer. Raises `ApiError`."""
        if call.service != "sagemaker" or call.operation not in _OPERATIONS:
            return None
        check_parameters(call.operation, call.parameters)
        parameters = call.parameters
        with self._lock:
            match call.operation:
                case "CreatePresignedDomainUrl":
                    assert identity is not None
                    return {"AuthorizedUrl": self._presigned(parameters, identity)}
                case "DescribeDomain":
                    return self._domain(parameters["DomainId"]).described(parameters["DomainId"])
                case "DescribeUserProfile":
                    return self._profile(parameters).described(parameters["DomainId"], parameters["UserProfileName"])
                case "ListUserProfiles":
                    domain = parameters["DomainIdEquals"]
                    return {
                        "UserProfiles": [each.listed(*key) for key, each in self.profiles.items() if key[0] == domain]
                    }
                case "ListSpaces":
                    domain = parameters["DomainIdEquals"]
                    return {"Spaces": [each.listed(*key) for key, each in self.spaces.items() if key[0] == domain]}
                case "DescribeSpace":
                    return self._space(parameters).described(parameters["DomainId"], parameters["SpaceName"])
                case "DescribeApp":
                    return self._described_app(parameters)
                case "CreateApp":
                    return {"AppArn": self._create_app(parameters)}
        self._delete_app(parameters)
        return {}

    open_action = "sagemaker:CreatePresignedDomainUrl"

    @staticmethod
    def arn(site: str) -> str:
        """Return the ARN on which the action of opening is enforced: that of the user profile."""
        domain, profile, *_ = site.split("/")
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:user-profile/{domain}/{profile}"

    @staticmethod
    def landing_of(url: PresignedUrl, _query: Mapping[str, str]) -> str:
        """Return the path to which a presigned URL leads: that of its application, or of Studio's home."""
        place, application, path = url.landing.split(":", 2)
        return f"/{path or 'lab'}" if (place, application) == ("app", "JupyterLab") else f"/{application or place}"

    def is_running(self, site: str) -> bool:
        """Return whether what is served at `site` runs. Raises `ApiError` when there is no such site."""
        domain, profile, *space = site.split("/")
        with self._lock:
            self._profile({"DomainId": domain, "UserProfileName": profile})
            if not space:
                return True
            app = self._app({"DomainId": domain, "SpaceName": space[0]})
            return app is not None and app.status == "InService"

    def _presigned(self, parameters: Mapping[str, Any], creator: Identity) -> str:
        self.urls.require_rate()
        domain, profile = parameters["DomainId"], parameters["UserProfileName"]
        if self._profile(parameters).identity_center_user or self._domain(domain).auth_mode != "IAM":
            raise ApiError("ValidationException", f"Domain [{domain}] is not in the authentication mode IAM")
        site = f"{domain}/{profile}".lower()
        landing = parameters.get("LandingUri", "studio::")
        if "SpaceName" not in parameters and landing.split(":")[1] in ("JupyterLab", "CodeEditor"):
            raise ApiError("ValidationException", f"[{landing}] is invalid for personal apps")
        if "SpaceName" in parameters:
            owner = self._space(parameters).owner
            if owner and owner.lower() != profile.lower():
                raise ApiError("ValidationException", f"Space [{parameters['SpaceName']}] is private")
            site += f"/{parameters['SpaceName']}".lower()
        return self.urls.create(
            self.address_of(site) + "/auth",
            site,
            creator,
            parameters.get("SessionExpirationDurationInSeconds", 43_200),
            lifetime=parameters.get("ExpiresInSeconds", 300),
            landing=landing,
        )

    def _domain(self, domain: str) -> Domain:
        """Return the domain, which need not be in `domains` if it has a profile. Raises `ApiError`."""
        found = self.domains.get(domain) or (Domain() if any(domain == each for each, _ in self.profiles) else None)
        if found is None:
            raise ApiError("ResourceNotFound", f"Domain [{domain}] does not exist.")
        return found

    def _profile(self, parameters: Mapping[str, Any]) -> Profile:
        name = parameters["UserProfileName"]
        found = self.profiles.get((parameters["DomainId"], name.lower()))
        if found is None:
            raise ApiError("ResourceNotFound", f"UserProfile [{name}] does not exist.")
        return found

    def _space(self, parameters: Mapping[str, Any]) -> Space:
        name = parameters.get("SpaceName")
        found = self.spaces.get((parameters["DomainId"], str(name).lower()))
        if found is None:
            raise ApiError("ResourceNotFound", f"Space [{name}] does not exist.")
        return found

    def _app(self, parameters: Mapping[str, Any]) -> App | None:
        space = self._space(parameters)
        app = space.app
        if app and app.next and app.next[1] <= self.clock():
            app.status, app.next = app.next[0], None
            if app.status == "Failed":
                app.failure_reason = space.app_failure
        return app

    def _described_app(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        app = self._app(parameters)
        if app is None or parameters["AppType"] != self._space(parameters).app_type:
            raise ApiError("ResourceNotFound", f"App [{parameters['AppName']}] does not exist.")
        described = {key: parameters[key] for key in ("DomainId", "SpaceName", "AppType", "AppName")}
        failure = {"FailureReason": app.failure_reason} if app.failure_reason else {}
        resources = {"ResourceSpec": {"InstanceType": app.instance_type}}
        return {**described, "Status": app.status, "CreationTime": timestamp(app.created), **failure, **resources}

    def _create_app(self, parameters: Mapping[str, Any]) -> str:
        space, app, name = self._space(parameters), self._app(parameters), parameters["SpaceName"]
        if app and app.status not in ("Deleted", "Failed"):
            raise ApiError("ResourceInUse", f"App [{parameters['AppName']}] already exists.")
        if space.status not in ("InService", "Update_Failed"):
            raise ApiError("ValidationException", f"Space [{name}] is not InService.")
        if parameters["AppType"] != space.app_type:
            raise ApiError("ValidationException", f"Space [{name}] supports only apps of type {space.app_type}")
        now, instance_type = self.clock(), parameters.get("ResourceSpec", {}).get("InstanceType", "ml.t3.medium")
        following = ("Failed" if space.app_failure else "InService", now + STARTING / self.speed_factor)
        space.app = App("Pending", now, instance_type, next=following)
        return f"arn:aws:sagemaker:{ACCOUNT}:app/{parameters['DomainId']}/{name}".lower()

    def _delete_app(self, parameters: Mapping[str, Any]) -> None:
        app = self._app(parameters)
        if app is None or app.status in ("Deleting", "Deleted"):
            raise ApiError("ResourceNotFound", f"App [{parameters['AppName']}] does not exist.")
        if app.status == "Pending":
            raise ApiError("ResourceInUse", f"App [{parameters['AppName']}] is Pending.")
        app.status, app.next = "Deleting", ("Deleted", self.clock() + STOPPING / self.speed_factor)
        domain, space = parameters["DomainId"], parameters["SpaceName"].lower()
        # A shared space has a site for each user profile that opens it.
        for profile in [profile for of_domain, profile in self.profiles if of_domain == domain]:
            self.on_out_of_service(f"{domain}/{profile}/{space}")
