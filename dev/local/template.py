"""Synthesised templates, and the values of their references on this machine."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.settings import Settings
from local.synthesiser import synthesised

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "templates"

ACCOUNT = "123456789012"
REGION = "eu-west-1"
EGRESS = "198.51.100.10"
"""The function's egress address, from a documentation network (RFC 5737)."""
AWS_ADDRESS = "192.0.2.200"
"""An address that AWS chooses for a function without a VPC, from another documentation network."""
API_ID = "localgate1"


Template = dict[str, Any]


def synthesise(settings: Settings) -> Template:
    """Return the CloudFormation template that `cdk synth` makes of `settings`, without the function's bundle.

    A synthesis takes several seconds, so the template is cached until the settings, `infra/` or CDK change.
    Raises `SynthesisError`.
    """
    return synthesise_all([settings])[0][0]


def synthesise_all(all_settings: Sequence[Settings]) -> list[list[Template]]:
    """Return the templates for each of `all_settings`: the gate's, and that of the remote launch role if there is one.

    Those that are not cached are synthesised by one process, which takes about a second each. Raises `SynthesisError`.
    """
    paths = [_cache_path(settings) for settings in all_settings]
    missing = {path: settings for path, settings in zip(paths, all_settings, strict=True) if not path.exists()}
    if missing:
        CACHE.mkdir(parents=True, exist_ok=True)
        new = synthesised([settings.model_dump(mode="json") for settings in missing.values()])
        for path, templates in zip(missing, new, strict=True):
            # Written to another file and renamed, so that a concurrent run never reads half a file.
            draft = CACHE / f"{path.stem}.{os.getpid()}.tmp"
            draft.write_text(json.dumps(templates))
            draft.rename(path)
    return [json.loads(path.read_text()) for path in paths]


def _cache_path(settings: Settings) -> Path:
    digest = hashlib.sha256(settings.model_dump_json().encode())
    sources = (path for path in (ROOT / "infra").rglob("*") if path.suffix in (".py", ".html"))
    for path in (*sorted(sources), ROOT / "dev" / "local" / "synthesiser.py", ROOT / "cdk.json", ROOT / "uv.lock"):
        digest.update(path.read_bytes())
    return CACHE / f"{digest.hexdigest()[:32]}.json"


class UnknownReferenceError(Exception):
    """The template has a reference without a value on this machine."""


class Resolver:
    """Replaces CloudFormation's references by values of this machine."""

    _PSEUDO: Mapping[str, str] = {
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::StackName": "local",
        "AWS::URLSuffix": "amazonaws.com",
    }

    def __init__(self, template: Template) -> None:
        self._resources = template["Resources"]

    def resolve(self, value: Any) -> Any:
        """Return `value` (any part of the template) with all references replaced.

        Raises `UnknownReferenceError`.
        """
        match value:
            case {"Ref": name, **rest} if not rest:
                return self._ref(name)
            case {"Fn::GetAtt": [name, attribute], **rest} if not rest:
                return self._attribute(name, attribute)
            case {"Fn::Select": [index, parts], **rest} if not rest:
                return self.resolve(parts)[int(self.resolve(index))]
            case {"Fn::Split": [separator, text], **rest} if not rest:
                return self.resolve(text).split(separator)
            case {"Fn::Join": [separator, parts], **rest} if not rest:
                return separator.join(self.resolve(part) for part in parts)
            case dict():
                for name in value:
                    if name.startswith("Fn::"):
                        raise UnknownReferenceError(f"{name} is not supported here")
                return {name: self.resolve(part) for name, part in value.items()}
            case list():
                return [self.resolve(part) for part in value]
        return value

    def _ref(self, name: str) -> str:
        if name in self._PSEUDO:
            return self._PSEUDO[name]
        match self._type(name):
            case "AWS::EC2::EIP":
                return EGRESS
            case "AWS::ApiGateway::RestApi":
                return API_ID
            case "AWS::ApiGateway::Stage":
                return str(self._resources[name]["Properties"]["StageName"])
            case (
                "AWS::ApiGateway::Resource"
                | "AWS::Cognito::UserPoolClient"
                | "AWS::DynamoDB::Table"
                | "AWS::IAM::Role"
                | "AWS::Lambda::Function"
                | "AWS::Logs::LogGroup"
            ):
                return name
            case "AWS::Lambda::Alias":
                alias = self._resources[name]["Properties"]
                return f"{self.resolve({'Fn::GetAtt': [alias['FunctionName']['Ref'], 'Arn']})}:{alias['Name']}"
            case "AWS::SecretsManager::Secret":
                return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"
        raise UnknownReferenceError(f"Ref of {name} ({self._type(name)}) is not supported here")

    def _attribute(self, name: str, attribute: str) -> str:
        match self._type(name), attribute:
            case "AWS::IAM::Role", "Arn":
                return f"arn:aws:iam::{ACCOUNT}:role/{name}"
            case "AWS::DynamoDB::Table", "Arn":
                return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
            case "AWS::Logs::LogGroup", "Arn":
                return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"
            case "AWS::Lambda::Function", "Arn":
                return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
            case "AWS::Cognito::UserPool", "ProviderURL":
                return f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_{name}"
            case "AWS::ApiGateway::RestApi", "RootResourceId":
                return "root"
        raise UnknownReferenceError(f"{attribute} of {name} ({self._type(name)}) is not supported here")

    def _type(self, name: str) -> str:
        if name not in self._resources:
            raise UnknownReferenceError(f"the template has no resource {name}")
        return str(self._resources[name]["Type"])
