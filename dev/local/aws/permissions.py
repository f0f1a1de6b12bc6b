"""The permissions that a call of an AWS API needs (service authorization reference)."""

import re
from collections.abc import Mapping
from typing import Any

from local.aws.calls import Call, UnmappedCallError
from local.aws.notebook_instances import NotebookInstances
from local.aws.studio import StudioDomains
from local.template import ACCOUNT, REGION

Context = Mapping[str, str | list[str]]
"""Condition keys."""
Permission = tuple[str, str, Context]
"""An IAM action, a resource's ARN, and condition keys."""

RESOURCES = (NotebookInstances, StudioDomains)
"""The types of SageMaker's resources: a module for each."""

_TABLE = re.compile(r'FROM\s+"(?P<table>[\w.-]+)"')


def permissions_of(call: Call) -> list[Permission]:
    """Return the permissions that `call` needs. Raises `UnmappedCallError`."""
    parameters = call.parameters
    match call.service, call.operation:
        case "sts", "GetCallerIdentity":
            return []
        case "sts", "AssumeRole":
            role = parameters["RoleArn"]
            actions = ["sts:AssumeRole"]
            actions += ["sts:SetSourceIdentity"] if "SourceIdentity" in parameters else []
            actions += ["sts:TagSession"] if parameters.get("Tags") else []
            return [(action, role, {}) for action in actions]
        case "dynamodb", "ExecuteStatement":
            statement = parameters["Statement"]
            scan = "false" if re.search(r'WHERE "principal" (IN|=)', statement) else "true"
            found = _TABLE.search(statement)
            table = _table(found["table"] if found else "")
            keys = [value["S"] for value in parameters.get("Parameters", ())]
            return [("dynamodb:PartiQLSelect", table, {"dynamodb:FullTableScan": scan, "dynamodb:LeadingKeys": keys})]
        case "dynamodb", "BatchGetItem":
            action, asked = "dynamodb:BatchGetItem", parameters["RequestItems"]
            keys_of = {name: [key["principal"]["S"] for key in asked[name]["Keys"]] for name in asked}
            return [(action, _table(name), {"dynamodb:LeadingKeys": keys}) for name, keys in keys_of.items()]
        case "dynamodb", ("PutItem" | "UpdateItem") as operation:
            return [_write_permission(operation.removesuffix("Item"), parameters)]
        case "dynamodb", "TransactWriteItems":
            return [_write_permission(*next(iter(each.items()))) for each in parameters["TransactItems"]]
        case "dynamodb", "Query" if "IndexName" in parameters:
            index = f"{_table(parameters['TableName'])}/index/{parameters['IndexName']}"
            return [("dynamodb:Query", index, {})]
        case "dynamodb", operation if "TableName" in parameters:
            return [(f"dynamodb:{operation}", _table(parameters["TableName"]), {})]
        case "iam", operation if "RoleName" in parameters:
            return [(f"iam:{operation}", f"arn:aws:iam::{ACCOUNT}:role/{parameters['RoleName']}", {})]
        case "sns", "Publish":
            return [("sns:Publish", parameters["TopicArn"], {})]
        case "lambda", "Invoke":
            return [("lambda:InvokeFunction", parameters["FunctionName"], {})]
        case "secretsmanager", operation if "SecretId" in parameters:
            return [(f"secretsmanager:{operation}", parameters["SecretId"], {})]
        case "sagemaker", operation:
            arns = [arn for each in RESOURCES for arn in each.arns_of(operation, parameters, call.region)]
            if arns:
                return [(f"sagemaker:{operation}", arn, {}) for arn in arns]
    raise UnmappedCallError(f"{call.service}:{call.operation} is not supported here")


def _write_permission(kind: str, write: Mapping[str, Any]) -> Permission:
    """Return the permission that a write of a transaction needs (developer guide, "IAM and transactions")."""
    item = write["Item" if kind == "Put" else "Key"]
    # `dynamodb:Attributes` has the attributes of the item and those that expressions name (developer guide, "Specifying
    # conditions: using condition keys").
    attributes = sorted({*item, *write.get("ExpressionAttributeNames", {}).values()})
    context = {"dynamodb:LeadingKeys": [item["principal"]["S"]], "dynamodb:Attributes": attributes}
    return f"dynamodb:{kind}Item", _table(write["TableName"]), context


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
