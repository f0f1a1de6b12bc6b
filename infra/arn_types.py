"""Types of settings that are ARNs, with error messages that say what to write."""

from typing import Annotated

from infra.field_types import matching

RoleArn = Annotated[
    str, matching(r"arn:[\w-]+:iam::\d{12}:role/\S+", "the ARN of an IAM role", "arn:aws:iam::123456789012:role/Name")
]
SecretArn = Annotated[
    str,
    matching(
        r"(arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:\S+)?",
        "the ARN of a secret",
        "the full ARN of an existing secret in Secrets Manager",
        token=True,
    ),
]
PolicyArn = Annotated[
    str,
    matching(
        r"(arn:[\w-]+:iam::(\d{12}|aws):policy/\S+)?",
        "the ARN of an IAM policy",
        "arn:aws:iam::123456789012:policy/Name",
        token=True,
    ),
]
TopicArn = Annotated[
    str,
    matching(
        r"(arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+)?",
        "the ARN of an SNS topic",
        "arn:aws:sns:eu-west-1:123456789012:Name",
        token=True,
    ),
]
CertificateArn = Annotated[
    str,
    matching(
        r"(arn:[\w-]+:acm:[\w-]+:\d{12}:certificate/[\w-]+)?",
        "the ARN of a certificate",
        "that of the certificate for domain.name, in the stack's region",
        token=True,
    ),
]
KeyArn = Annotated[
    str,
    matching(
        r"(arn:[\w-]+:kms:[\w-]+:\d{12}:key/(mrk-)?[0-9a-f-]{32,36})?",
        "the ARN of a KMS key",
        "that of the key itself, not of an alias",
        token=True,
    ),
]
