"""Who takes part in an access request, and whether the gate can tell that two of them are two people."""

from dataclasses import dataclass
from typing import Literal

from gate.values.caller import Caller, Via

Comparison = Literal["same", "different", "unknown"]

EMAIL = "email"
"""The claim whose values are also the names of people in Slack, where `slack.email_domains` covers them."""

AUTOMATIC = "rule:requests.automatic"
"""Stands in the place of the approver of a request that `requests.automatic` allowed. No principal begins so."""


@dataclass(frozen=True)
class Participant:
    """Somebody who asks or approves, as far as it was proven who they are. A row of a request keeps it."""

    names: tuple[str, ...]
    """The person's principals, without groups. The first is the one that grants and the audit log name."""
    claim: str
    """The claim that a `user:` principal is a value of. Empty if unknown, and for operators."""
    proven_at: int
    """Epoch seconds at which the identity was proven. A later cutoff of any of the names ends it."""
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, caller: Caller, *, user_claim: str) -> "Participant":
        """Return `caller` as a participant. `user_claim`: the claim that names people who sign in."""
        # Slack and IAM roles of the settings name people by e-mail address, whatever the provider's claim is.
        claim = user_claim if caller.via in ("session", "bearer") else EMAIL
        return cls(caller.names, claim, int(caller.proven_at), caller.groups)

    @classmethod
    def operator(cls, arn: str, *, now: float) -> "Participant":
        """Return the operator with the ARN `arn`, who proves it at `now` (epoch seconds)."""
        return cls((f"iam:{arn}",), "", int(now))

    @classmethod
    def automatic(cls, *, now: float) -> "Participant":
        """Return the rule `requests.automatic`, which allows a request at `now` (epoch seconds)."""
        return cls((AUTOMATIC,), "", int(now))

    @property
    def name(self) -> str:
        """The principal that grants and the audit log name."""
        return self.names[0]

    @property
    def is_operator(self) -> bool:
        """Whether this is an operator, who decides with AWS credentials."""
        return self.name.startswith("iam:")

    @property
    def caller(self) -> Caller:
        """This person as a caller, to look up grants and cutoffs."""
        # A name from Slack must not count as one from the provider (`UserNames`).
        via: Via = "slack" if _slack_users(self) else "session"
        return Caller(self.name, self.groups, via, "", self.proven_at, self.names[1:])


def compare(one: Participant, other: Participant) -> Comparison:
    """Return whether `one` and `other` are the same person, different people, or cannot be told apart.

    Wherever two people must be different, only `different` counts. The names that grants go to prove it if both are
    from one name space: values of one claim, or users of one Slack team. In another name space, or by an account of
    another kind, one person can have another name. A member of a Slack organisation keeps the user id in all its
    workspaces, so equal ids are one person. Operators count as one person that nobody else is: the gate does not know
    who they are.
    """
    if one.is_operator != other.is_operator:
        return "different"
    if set(one.names) & set(other.names) or _slack_users(one) & _slack_users(other):
        return "same"
    space = _name_space(one)
    return "different" if space and space == _name_space(other) else "unknown"


def _name_space(participant: Participant) -> str:
    """Return the name space of the participant's name; empty if it proves nothing."""
    kind, _, name = participant.name.partition(":")
    match kind:
        case "slack":
            return f"slack:{name.partition('/')[0]}"
        case "user" if participant.claim:
            return f"user:{participant.claim}"
    return ""


def _slack_users(participant: Participant) -> set[str]:
    return {name.rpartition("/")[2] for name in participant.names if name.startswith("slack:")}
