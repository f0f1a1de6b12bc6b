"""The order of the steps."""

from rehearsal.steps import Step, asking, attending, browsing, deploying, operating, queueing, removing, slack, updating

STEPS = (
    Step("cdk synth", deploying.synthesise),
    Step("cdk bootstrap", deploying.bootstrap),
    Step("cdk deploy", deploying.deploy),
    Step("the API answers", deploying.answer),
    Step("the function's log", deploying.log),
    Step("people and Slack's secret", operating.add_people),
    Step("gate grants", operating.grant),
    Step("a signed request", operating.signed_request),
    Step("a bookmark in a browser", browsing.open_bookmark),
    Step("the same from outside", browsing.use_from_outside),
    Step("groups, stop and start", browsing.portal),
    Step("asking for access", asking.ask_and_allow),
    Step("gate requests", asking.deny_as_operator),
    Step("sign out everywhere", browsing.sign_out),
    Step("/notebook in Slack", slack.command),
    Step("/notebook ask in Slack", asking.in_slack),
    Step("a ticket, once and twice", slack.ticket),
    Step("a throttled minute", queueing.throttled),
    Step("gate explain", attending.explain),
    Step("gate doctor", attending.doctor),
    Step("gate rotate-key", attending.rotate),
    Step("cdk deploy with another network", updating.add_network),
    Step("notebooks meanwhile", updating.still_open),
    Step("gate revoke", attending.revoke),
    Step("permissions", removing.permissions),
    Step("cdk destroy", removing.destroy),
)
