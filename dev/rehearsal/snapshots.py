"""CloudFormation's wait for the snapshots of new versions (SnapStart), as the emulator's CloudFormation does not wait.

At AWS, a version is complete when it is Active, and only then CloudFormation moves the alias to it. The rehearsal's
template has a wait condition behind each version (`wait_for` in dev/rehearsal/omitted.py), which is signalled here.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from rehearsal.omitted import wait_for

INTERVAL = 0.3
"""Seconds between two looks at the versions."""


class Snapshots:
    """The versions of one deployment that is under way."""

    def __init__(self, account: Any, stack: str) -> None:
        """`account`: makes boto3 clients. `stack`: the stack's name."""
        self._cloudformation, self._lambda = account.client("cloudformation"), account.client("lambda")
        self._stack = stack
        self._ended = threading.Event()
        self.failures: list[str] = []
        """Why versions failed to start."""

    @contextlib.contextmanager
    def signalled(self) -> Iterator["Snapshots"]:
        """Signal the wait condition of each version when the version is Active or Failed, until the block ends."""
        thread = threading.Thread(target=self._watch, name="snapshots")
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL):
            # The stack, a version, or its wait condition may not exist yet, or no longer.
            with contextlib.suppress(self._cloudformation.exceptions.ClientError):
                self._signal()

    def _signal(self) -> None:
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self._stack)
        found = {each["LogicalResourceId"]: each for page in pages for each in page["StackResourceSummaries"]}
        for name, each in found.items():
            if each["ResourceType"] != "AWS::Lambda::Version" or wait_for(name) in found:
                continue
            version = self._lambda.get_function_configuration(FunctionName=each["PhysicalResourceId"])
            if version["State"] == "Pending":
                continue
            failed = version["State"] == "Failed"
            if failed:
                self.failures.append(f"{version['FunctionName']} is Failed: {version.get('StateReason')}")
            self._cloudformation.signal_resource(
                StackName=self._stack,
                LogicalResourceId=wait_for(name),
                UniqueId=version["Version"],
                Status="FAILURE" if failed else "SUCCESS",
            )
