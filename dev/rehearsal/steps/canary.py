"""The schedules: their events at the functions, and what the canary finds."""

from rehearsal.environment import Environment
from rehearsal.steps import require

FAILURES = ("canary failed", "reminders failed", "denies not written", '"unexpected"')


def run(env: Environment) -> str:
    """Send the events of the schedules, as EventBridge does, and read what the functions write."""
    client, events, sent = env.account.client("lambda"), env.account.client("events"), []
    for rule in (each for each in events.list_rules()["Rules"] if each.get("ScheduleExpression")):
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
            name, _, alias = target["Arn"].partition(":function:")[2].partition(":")
            answer = client.invoke(FunctionName=name, Qualifier=alias, Payload=target["Input"], LogType="Tail")
            require("FunctionError" not in answer, answer["Payload"].read()[:500])
            sent.append(target["Input"])
    canaries, reminders, denies = (sent.count(f'{{"{event}":{{}}}}') for event in ("canary", "reminders", "denies"))
    require((canaries, reminders, denies) == (2, 1, 1), f"the events of the schedules: {sent}")
    passes = _passes(env)
    require(passes >= canaries, f"{passes} of {canaries} canaries passed")
    return f"{canaries} functions reach everything that people need; one looks for reminders, and one for denies"


def _passes(env: Environment) -> int:
    client, found = env.account.client("logs"), 0
    for function in env.functions.values():
        group = function["LoggingConfig"]["LogGroup"]
        lines = client.filter_log_events(logGroupName=group)["events"]
        failed = [each["message"] for each in lines if any(text in each["message"] for text in FAILURES)]
        require(not failed, "\n".join(failed))
        found += len([each for each in lines if '"CanaryPasses"' in each["message"]])
    return found
