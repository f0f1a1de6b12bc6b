"""What one rehearsal starts: the emulator, the proxy in front of it, the stand-ins, and the operator's folder."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any
from unittest.mock import patch

import trustme
from playwright.sync_api import BrowserContext, Page

from gate.values.notebook import STUDIO, Notebook
from infra.bundle import runtime_python
from local.evaluator import Evaluator
from rehearsal import source_tree
from rehearsal.account import ROOT, Account
from rehearsal.authority import DeployedAuthority
from rehearsal.browsers import Chromium, ProxiedBrowser
from rehearsal.calls import Exchange
from rehearsal.emulator import OPERATOR_KEY, Emulator
from rehearsal.hosts import FUNCTION_ADDRESS, FUNCTION_ADDRESSES, INSIDE, JOINED, OUTSIDE, HostRouter
from rehearsal.proxy import TlsProxy
from rehearsal.sagemaker import RehearsedSageMaker
from rehearsal.slack import TEAM, RehearsedSlack

STACK = "notebook-gate"
LONG_SESSION, SHORT_SESSION = 43_200, 7_200
"""Seconds of `limits.session`: at first, and after the update."""
NOTEBOOKS = ("alice-notebook", "shared-notebook")
PEOPLE = {
    "alice@example.com": (),
    "bob@example.com": ("data-science", "platform"),
    "carol@example.com": ("data-science",),
    "dave@example.com": ("data-science",),
    "erin@example.com": (),
    "frank@example.com": ("studio-users",),
}
"""People in the user pool, each with their groups there."""
DOMAIN, PROFILE, SPACE = "d-rehearsal1", "frank", "churn-space"
"""A domain of SageMaker Studio, with one user profile and his space."""
SPACE_NOTEBOOK = Notebook.parse(f"{STUDIO}{DOMAIN}/{PROFILE}/{SPACE}")
_NETWORK = """\
id = "{vpc}"
subnet_ids = {subnets}
egress = {egress}
# The function reaches AWS, the user pool and Slack by the rehearsal's proxy, under their own names.
proxy = "{proxy}"
"""
"""The settings of the existing VPC."""
PASSWORD = "Correct-horse-7-battery"


class Environment(ExitStack):
    """Everything that was started. At the end of its block, all processes are stopped and all files removed."""

    def __init__(self, *, breakage: str = "") -> None:
        """`breakage`: the name of a fault to deploy on purpose (dev/rehearsal/breakages.py)."""
        super().__init__()
        self.breakage = breakage
        self.api_names: set[str] = set()
        """The host names under which the emulator serves the API."""
        self.upgraded = 0
        """The number of `calls` that the function of the previous release made."""
        self.release: Path
        """The source tree of the previous release."""
        self.before: Any
        """What was done with the previous release (`rehearsal.steps.upgrading.Before`)."""
        self.notebook_tab: Page
        """The tab in which Alice's notebook is open."""
        self.space_tab: Page
        """The tab in which Frank's space is open."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gate-rehearsal-"))
        self.callback(shutil.rmtree, self.folder, ignore_errors=True)
        # A command that is killed, such as CDK after Ctrl-C, leaves its temporary files.
        self.enter_context(patch.dict(os.environ, TMPDIR=str(self.folder)))
        self.operators_folder, self.assembly = self.folder / "operator", self.folder / "cdk.out"
        self.operators_folder.mkdir()
        # Only the processes of this rehearsal trust the authority. Its key exists in memory alone.
        tls, self._authority_file = trustme.CA(), self.folder / "authority.pem"
        tls.cert_pem.write_to_path(str(self._authority_file))
        self.calls: list[Exchange] = []
        """The requests that the function sent to AWS, oldest first."""
        self.operator_calls: list[Exchange] = []
        """The requests that `gate` sent to AWS."""
        self.emulator = Emulator(
            self.folder,
            python_path=_bare_python(self.folder / "python"),
            environment={"SSL_CERT_FILE": str(self._authority_file)},
        )
        self.callback(self.emulator.close)
        self.router = HostRouter(emulator=self.emulator.url, log=self.calls, operators=self.operator_calls)
        addresses = (INSIDE, OUTSIDE, JOINED, *FUNCTION_ADDRESSES)
        self._proxy = TlsProxy(tls, self.router.answer, addresses=addresses)
        self.callback(self._proxy.close, last=self.router.close)
        self.account = Account(proxy=self._proxy.url(INSIDE), authority=self._authority_file)
        self.evaluator = self.enter_context(Evaluator())
        iam = self.account.client("iam")
        self.authority = DeployedAuthority(evaluator=self.evaluator, iam=iam, log=self.calls, operator_key=OPERATOR_KEY)
        self.sagemaker = RehearsedSageMaker(
            self.folder / "notebooks", router=self.router, authority=self.authority, names=NOTEBOOKS
        )
        self.sagemaker.create_space(DOMAIN, PROFILE, SPACE)
        self.callback(self.sagemaker.close)

    def browser(self, address: str = INSIDE) -> ProxiedBrowser:
        """Return a browser without JavaScript and with an empty profile. Its requests come from `address`."""
        browser = ProxiedBrowser(proxy=self.proxy(address), authority=self._authority_file)
        self.callback(browser.close)
        return browser

    def proxy(self, address: str) -> str:
        """Return the URL of the proxy by which requests come from `address`."""
        return self._proxy.url(address)

    @cached_property
    def network(self) -> tuple[str, Sequence[str]]:
        """An existing VPC and two of its subnets, made through the EC2 API."""
        ec2 = self.account.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        made = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24") for number in (1, 2)]
        return vpc, [each["Subnet"]["SubnetId"] for each in made]

    def write_settings(
        self,
        *,
        networks: Sequence[str],
        session: int,
        egress: str = FUNCTION_ADDRESS,
        without_vpc: bool = False,
        accept_none: bool = False,
        additional_egress: Sequence[str] = (),
        grants_table: str = "",
        tree: Path = ROOT,
    ) -> None:
        """Write the operator's gate.toml. `session`: the longest session of a notebook, in seconds.

        `egress`: the address from which the function calls, unless it has no VPC. `accept_none`: whether the launch
        role accepts versions without one. `grants_table`: an existing table to use.
        `tree`: the source tree, which knows these settings only.
        """
        vpc, subnets = self.network
        in_vpc = {"vpc": vpc, "subnets": json.dumps(subnets), "egress": _cidrs([egress]), "proxy": self.proxy(egress)}
        network = ["none = true"] if without_vpc else _NETWORK.format(**in_vpc).splitlines()
        network += ["accept_none = true"] if accept_none else []
        text = Template((tree / source_tree.SETTINGS).read_text(encoding="utf-8")).substitute(
            networks=_cidrs(networks),
            team=TEAM,
            domain=DOMAIN,
            network="\n".join(network),
            **in_vpc,  # the previous release names each of them
            additional_egress=_cidrs(additional_egress),
            grants_table=grants_table,
            session=session,
        )
        self.settings.write_text(text, encoding="utf-8")

    @property
    def settings(self) -> Path:
        """The operator's gate.toml."""
        return self.operators_folder / "gate.toml"

    def read_stack(self) -> None:
        """Read the outputs and the launch policy of the deployed stack."""
        self.outputs = self._outputs()
        self.base_url = self.outputs["BaseUrl"]
        self.api_host = self.base_url.split("/")[2]
        self.launch_policy: dict[str, Any] = self.role_policies(self.outputs["LaunchRoleArn"])["launch"]

    def role_policies(self, role_arn: str) -> dict[str, Any]:
        """Return the inline policies of a role, by name."""
        client, role = self.account.client("iam"), role_arn.rpartition("/")[2]
        names = client.list_role_policies(RoleName=role)["PolicyNames"]
        return {name: client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}

    def _outputs(self) -> dict[str, str]:
        (stack,) = self.account.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        self.stack_id = stack["StackId"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    @property
    def function(self) -> dict[str, Any]:
        """The function, as Lambda describes it."""
        return self._described("FunctionName")

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        """All functions, as Lambda describes them, by what they are called here."""
        outputs = {
            "the function": "FunctionName",
            "the requests function": "RequestsFunctionName",
            "the denies function": "DeniesFunctionName",  # the previous release has none
        }
        return {name: self._described(output) for name, output in outputs.items() if output in self.outputs}

    @property
    def api(self) -> tuple[str, str]:
        """The id and the stage of the deployed API."""
        return self.api_host.partition(".")[0], self.base_url.rpartition("/")[2]

    def _described(self, output: str) -> dict[str, Any]:
        client = self.account.client("lambda")
        described: dict[str, Any] = client.get_function_configuration(FunctionName=self.outputs[output])
        return described

    @cached_property
    def chromium(self) -> Chromium:
        """A running Chromium."""
        made = Chromium(self.proxy)
        self.callback(made.close)
        return made

    @cached_property
    def alice(self) -> BrowserContext:
        """Alice's browser, which stays open from step to step."""
        return self.chromium.profile(INSIDE)

    @cached_property
    def slack(self) -> RehearsedSlack:
        """Slack. Available once the stack is deployed."""
        made = RehearsedSlack(router=self.router, outside=self.browser(OUTSIDE), base_url=self.base_url)
        self.callback(made.close)
        return made


def _cidrs(addresses: Sequence[str]) -> str:
    return json.dumps([f"{address}/32" for address in addresses])


def _bare_python(folder: Path) -> Path:
    """Create a Python environment without packages, so that the function finds only its bundle; return its `bin`."""
    base = runtime_python() or sys.executable
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True, capture_output=True)
    return folder / "bin"
