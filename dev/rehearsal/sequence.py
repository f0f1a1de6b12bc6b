"""The steps in their order, each with its title.

A step raises `StepFailedError`, `CommandFailedError`, or what an AWS client or a browser raises.
"""

from rehearsal.steps import (
    access_requests,
    browsing,
    deploying,
    operating,
    operator_commands,
    queueing,
    removing,
    slack,
    updating,
)

STEPS = (
    ("cdk synth", deploying.synthesise),
    ("cdk bootstrap", deploying.bootstrap),
    ("cdk deploy", deploying.deploy),
    ("the API answers", deploying.answer),
    ("the function's log", deploying.log),
    ("people and Slack's secret", operating.add_people),
    ("gate grants", operating.grant),
    ("a signed request", operating.signed_request),
    ("a bookmark in a browser", browsing.open_bookmark),
    ("the same from outside", browsing.use_from_outside),
    ("groups, stop and start", browsing.portal),
    ("asking for access", access_requests.ask_and_allow),
    ("gate requests", access_requests.deny_as_operator),
    ("sign out everywhere", browsing.sign_out),
    ("/notebook in Slack", slack.command),
    ("/notebook ask in Slack", access_requests.in_slack),
    ("a ticket, once and twice", slack.ticket),
    ("a throttled minute", queueing.throttled),
    ("gate explain", operator_commands.explain),
    ("gate doctor", operator_commands.doctor),
    ("gate rotate-key", operator_commands.rotate),
    ("cdk deploy with another network", updating.add_network),
    ("notebooks meanwhile", updating.still_open),
    ("gate revoke", operator_commands.revoke),
    ("permissions", removing.permissions),
    ("cdk destroy", removing.destroy),
)
