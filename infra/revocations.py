"""The inline policy of the launch role with its denies (`gate.launch.denies.launch_role`), before there is one.

The stack owns it: IAM refuses to delete a role that has a policy of somebody else (API reference of DeleteRole), and so
the stack could not be removed. CloudFormation writes the policy again only if its template changes. So the document
here stays as it is: another one would erase the denies in force at the next deployment.
"""

from typing import Any

NOTHING_REVOKED: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": "1970-01-01T00:00:00Z"}},
        }
    ],
}
"""The policy before the first revoke. A policy needs a statement, and no session began before that moment."""
