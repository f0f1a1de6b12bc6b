"""A deployment in AWS: its stack, settings and function."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cli.aws import AwsAccess, aws_errors
from cli.command_lines import CommandLines
from cli.errors import CommandError
from gate.platform.config import Config, ConfigError
from infra.settings import Settings
from infra.settings_errors import SettingsError
from infra.stored_settings import METADATA, OUTPUT, join


@dataclass(frozen=True)
class Deployed:
    """One stack as it is in AWS."""

    aws: AwsAccess
    stack: str
    status: str
    outputs: Mapping[str, str]
    lines: CommandLines = field(default_factory=CommandLines)
    """Makes the command lines that act on this deployment."""

    @classmethod
    def find(cls, aws: AwsAccess, stack: str) -> "Deployed":
        """Find the stack by its name. Raises `CommandError`."""
        found = None
        with aws_errors(ignore=["ValidationError"]):
            (found,) = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        if found is None:
            raise CommandError(f"There is no stack {stack} in {aws.region}: deploy it, or add --stack and --region")
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
        return cls(aws, stack, found["StackStatus"], outputs)

    @classmethod
    def of_table(cls, aws: AwsAccess, table: str) -> "Deployed":
        """Return a deployment that has nothing but a grants table. Raises `CommandError` if there is none."""
        with aws_errors():
            dynamodb = aws.client("dynamodb")
            try:
                arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
            except dynamodb.exceptions.ResourceNotFoundException:
                raise CommandError(f"There is no table {table} in {aws.region}: check --table and --region") from None
        return cls(aws, "", "", {"GrantsTable": table, "TableArn": arn})

    def output(self, name: str) -> str:
        """Return one of the stack's outputs. Raises `CommandError`."""
        if name in self.outputs:
            return self.outputs[name]
        raise CommandError(
            f"The stack {self.stack} has no output {name}: it is not a Notebook Gate, or it is incomplete"
            if self.stack
            else "--table: this command needs a stack; without one, use "
            f"{self.lines.gate('grants', 'list')} and {self.lines.gate('grants', 'export')}"
        )

    @property
    def table(self) -> str:
        """The name of the grants table."""
        return self.output("GrantsTable")

    @property
    def signing_keys(self) -> list[str]:
        """The ARNs of the keys that sign cookies. Raises `CommandError`."""
        decision_key = self.outputs.get("DecisionSecret")  # only where people can ask for access
        return [self.config.session_secret_arn, *([decision_key] if decision_key else [])]

    @property
    def launch_role(self) -> str:
        """The name of the launch role."""
        return self.output("LaunchRoleArn").rpartition("/")[2]

    @property
    def home(self) -> str:
        """The account and region of the deployment (`account/region`), whose notebooks are named without them."""
        arn = self.outputs.get("TableArn") or self.output("LaunchRoleArn")
        return f"{arn.split(':')[4]}/{self.aws.region}"

    @cached_property
    def settings(self) -> Settings:
        """The settings that were deployed. Raises `CommandError`."""
        with aws_errors():
            # The template itself: GetTemplateSummary documents its `Metadata` for templates that have some, and not
            # every implementation of the API gives it.
            answer = self.aws.client("cloudformation").get_template(StackName=self.stack)
        template = answer["TemplateBody"]
        try:
            # botocore decodes a template that is JSON, which CDK's always are.
            later = json.loads(self.outputs.get(OUTPUT, "{}"))
            return Settings.parse(join(template["Metadata"][METADATA], later))
        except (TypeError, KeyError, ValueError, SettingsError):
            raise CommandError(
                f"The stack {self.stack} was deployed by another version, which stored no settings: deploy it again"
            ) from None

    @cached_property
    def function(self) -> Mapping[str, Any]:
        """The function's configuration (API reference of GetFunctionConfiguration). Raises `CommandError`."""
        with aws_errors():
            configuration: Mapping[str, Any] = self.aws.client("lambda").get_function_configuration(
                FunctionName=self.output("FunctionName")
            )
        return configuration

    @property
    def log_group(self) -> str:
        """The name of the function's log group. Raises `CommandError`."""
        return str(self.function["LoggingConfig"]["LogGroup"])

    @cached_property
    def config(self) -> Config:
        """The function's own configuration, from its environment. Raises `CommandError`."""
        environment = self.function.get("Environment", {}).get("Variables", {})
        try:
            return Config.from_environ({**environment, "AWS_REGION": self.aws.region})
        except ConfigError as error:
            raise CommandError(f"The function's environment is incomplete; deploy the stack again\n{error}") from None
