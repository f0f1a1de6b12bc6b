"""What an operator does after the deployment, as documented."""

import json
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.template import ACCOUNT, REGION
from rehearsal.environment import DOMAIN, PASSWORD, PEOPLE, PROFILE, SPACE, SPACE_NOTEBOOK, Environment
from rehearsal.steps import require

JOB = "nightly-job"
GRANTS = """grants:
  - principal: user:alice@example.com
    notebook: alice-notebook
    power: start-stop
    default: true
    owner: true
  - principal: group:data-science
    notebook: shared-notebook
  - principal: group:studio-users
    notebook: studio:{domain}/{{user}}
  - principal: user:frank@example.com
    notebook: {space}
    title: Churn lab
    power: start-stop
  - principal: iam:arn:aws:iam::{account}:user/{job}
    notebook: shared-notebook
  - principal: iam:arn:aws:iam::{account}:user/{job}
    notebook: {space}
"""


def add_people(env: Environment) -> str:
    """Add people to the user pool, and a group (README, "Deploy")."""
    client, pool = env.account.client("cognito-idp"), env.outputs["UserPool"]
    for email, groups in PEOPLE.items():
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        made = client.admin_create_user(UserPoolId=pool, Username=email, UserAttributes=attributes)["User"]
        client.admin_set_user_password(UserPoolId=pool, Username=email, Password=PASSWORD, Permanent=True)
        for group in groups:
            if group not in {each["GroupName"] for each in client.list_groups(UserPoolId=pool)["Groups"]}:
                client.create_group(UserPoolId=pool, GroupName=group)
            client.admin_add_user_to_group(UserPoolId=pool, Username=made["Username"], GroupName=group)
    secrets = env.account.client("secretsmanager")
    secrets.put_secret_value(SecretId=env.outputs["SlackSecret"], SecretString=env.slack.secret)
    return f"{len(PEOPLE)} people in the user pool, and Slack's secret in its place"


def grant(env: Environment) -> str:
    """Give grants from a file."""
    file = env.operators_folder / "grants.yaml"
    file.write_text(GRANTS.format(account=ACCOUNT, job=JOB, domain=DOMAIN, space=SPACE_NOTEBOOK), encoding="utf-8")
    planned = env.account.gate("grants", "plan", file.name, cwd=env.operators_folder, expect=(0, 3))
    env.account.gate("grants", "apply", file.name, "--yes", cwd=env.operators_folder)
    listed = env.account.gate("grants", "list", "--json", cwd=env.operators_folder)
    require("alice-notebook" in planned and "data-science" in listed, f"{planned}\n{listed}")
    return f"{len(GRANTS.split('principal:')) - 1} grants planned, applied and listed"


def signed_request(env: Environment) -> str:
    """Open a notebook and a space by signed requests, as a script does."""
    iam = env.account.client("iam")
    iam.create_user(UserName=JOB)
    api, name = env.api
    resource = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{name}/GET/iam/*"
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName=JOB, PolicyName="open", PolicyDocument=policy)
    key = iam.create_access_key(UserName=JOB)["AccessKey"]
    right = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    sites = {"shared-notebook": "shared-notebook.notebook.", SPACE_NOTEBOOK.segment: f"{SPACE}.{PROFILE}.{DOMAIN}."}
    for notebook, site in sites.items():
        answer = _signed(env, right, notebook)
        require(answer.status_code == 200, f"GET /iam/open/{notebook}: {answer.status_code} {answer.text[:500]}")
        require(answer.json()["authorized_url"].startswith(f"https://{site}"), answer.text)
    wrong = _signed(env, Credentials(key["AccessKeyId"], "wrong"), "shared-notebook")
    require(wrong.status_code == 403, f"with a wrong signature: {wrong.status_code} {wrong.text[:300]}")
    return "200 with the URL of a notebook and of a space; 403 with a wrong signature"


def _signed(env: Environment, credentials: Credentials, notebook: str) -> Any:
    url = f"{env.base_url}/iam/open/{notebook}"
    request = AWSRequest("GET", url, headers={"Accept": "application/json"})
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    return env.browser().get(url, headers=dict(request.headers))
