"""A key that signs cookies."""

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.keys import encrypt
from infra.nag import acknowledge_finding
from infra.part import Part


class SigningKey(Part, secretsmanager.Secret):
    """The secret with a key that signs cookies. Secrets Manager generates it at deployment."""

    def __init__(self, scope: Construct, construct_id: str, *, variable: str, description: str, key_arn: str) -> None:
        """`variable`: the environment variable in which the function finds the secret's ARN.

        `key_arn`: the KMS key that encrypts the secret; empty for the key of Secrets Manager.
        """
        super().__init__(
            scope,
            construct_id,
            description=description,
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        )
        encrypt(self, key_arn)
        acknowledge_finding(
            self,
            "SMG4",
            "An operator rotates this key with one command when the alarm KeyRotationDue asks for it. Signatures of "
            "the previous key stay valid while that key is kept, so a rotation signs nobody out.",
        )
        self.environment = {variable: self.secret_arn}
