"""The canary: the events of the schedule, at both functions."""

from rehearsal.environment import Environment
from rehearsal.steps import require


def run(env: Environment) -> str:
    """Send the events of the schedule, as EventBridge does, and read what the functions write."""
    client, events = env.account.client("lambda"), env.account.client("events")
    (rule,) = (each for each in events.list_rules()["Rules"] if each.get("ScheduleExpression"))
    targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    for target in targets:
        name, _, alias = target["Arn"].partition(":function:")[2].partition(":")
        answer = client.invoke(FunctionName=name, Qualifier=alias, Payload=target["Input"], LogType="Tail")
        require("FunctionError" not in answer, answer["Payload"].read()[:500])
    passes = _passes(env)
    require(passes >= len(targets), f"{passes} of {len(targets)} canaries passed")
    return f"{rule['ScheduleExpression']}: {len(targets)} functions reach everything that people need"


def _passes(env: Environment) -> int:
    client, found = env.account.client("logs"), 0
    for function in (env.function, env.requests_function):
        group = function["LoggingConfig"]["LogGroup"]
        lines = client.filter_log_events(logGroupName=group)["events"]
        failed = [each["message"] for each in lines if "canary failed" in each["message"]]
        require(not failed, "\n".join(failed))
        found += len([each for each in lines if '"CanaryPasses"' in each["message"]])
    return found
