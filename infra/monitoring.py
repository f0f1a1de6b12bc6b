"""The dashboard and the alarms. docs/operations.md says what to do about each alarm."""

from collections.abc import Iterable, Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.sections import AlarmSettings

NAMESPACE = "NotebookGate"
"""The namespace of the function's metrics (lambda/gate/metrics.py)."""

SEE_GUIDE = "See docs/operations.md."


class Monitoring(Construct):
    """The dashboard and the alarms of the stack."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: str,
        functions: Sequence[lambda_.IFunction],
        api: apigateway.RestApi,
        settings: AlarmSettings,
    ) -> None:
        """`service`: the value of the dimension `service` in the function's metrics."""
        super().__init__(scope, construct_id)
        self._service = service
        self._functions = functions
        self._api = api
        self.alarms = self._alarms(settings)
        if settings.topic_arn:
            topic = sns.Topic.from_topic_arn(self, "Topic", settings.topic_arn)
            for alarm in self.alarms:
                alarm.add_alarm_action(actions.SnsAction(topic))
        self._dashboard()

    def _metric(self, name: str, statistic: str = "Sum", *, reason: str = "") -> cloudwatch.Metric:
        """`reason`: restricts the metric to that reason code."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"service": self._service, **({"reason": reason} if reason else {})},
            statistic=statistic,
            period=cdk.Duration.minutes(5),
        )

    def _alarms(self, settings: AlarmSettings) -> list[cloudwatch.AlarmBase]:
        quiet = cloudwatch.TreatMissingData.NOT_BREACHING
        five = cdk.Duration.minutes(5)
        crashes = _named("crashes", [each.metric_errors(period=five) for each in self._functions])
        throttles = _named("function", [each.metric_throttles(period=five) for each in self._functions])
        errors = cloudwatch.Alarm(
            self,
            "Errors",
            alarm_description=f"The function failed or returned server errors. {SEE_GUIDE}",
            metric=cloudwatch.MathExpression(
                expression=f"FILL(failures, 0) + {_sum(crashes)}",
                using_metrics={"failures": self._metric("Failures"), **crashes},
                label="Failures",
                period=five,
            ),
            threshold=5,
            evaluation_periods=2,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=quiet,
        )
        refused = self._failure_alarm(
            "ClientRefused",
            "client_refused",
            "The identity provider rejects the gate's credentials: nobody can sign in.",
        )
        quota = self._failure_alarm(
            "InstanceQuota", "instance_quota", "A notebook could not start: the quota for its type is used up."
        )
        refusals = cloudwatch.AnomalyDetectionAlarm(
            self,
            "RefusalsJump",
            alarm_description=f"Far more requests than usual are refused. {SEE_GUIDE}",
            metric=self._metric("Refusals"),
            std_devs=4,
            evaluation_periods=3,
            datapoints_to_alarm=3,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
            treat_missing_data=quiet,
        )
        throttling = cloudwatch.Alarm(
            self,
            "Throttling",
            alarm_description=f"AWS throttles calls, and users wait in the queue. {SEE_GUIDE}",
            metric=cloudwatch.MathExpression(
                expression=f"FILL(aws, 0) + {_sum(throttles)}",
                using_metrics={"aws": self._metric("Throttles"), **throttles},
                label="Throttled",
                period=five,
            ),
            threshold=10,
            evaluation_periods=2,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=quiet,
        )
        rotation = cloudwatch.Alarm(
            self,
            "KeyRotationDue",
            alarm_description=f"The key that signs cookies is more than {settings.key_days} days old. {SEE_GUIDE}",
            metric=self._metric("SigningKeyAge", "Maximum").with_(period=cdk.Duration.hours(6)),
            threshold=settings.key_days,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )
        return [errors, refused, quota, refusals, throttling, rotation]

    def _failure_alarm(self, name: str, reason: str, description: str) -> cloudwatch.Alarm:
        """Return an alarm on failures with one reason. One is enough: the cause stays until somebody removes it."""
        return cloudwatch.Alarm(
            self,
            name,
            alarm_description=f"{description} {SEE_GUIDE}",
            metric=self._metric("Failures", reason=reason),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _dashboard(self) -> None:
        def graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
            return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12, height=6)

        reasons = cloudwatch.MathExpression(
            expression=f"SEARCH('{{{NAMESPACE},service,reason}} service=\"{self._service}\"', 'Sum', 300)",
            using_metrics={},
            label="",
        )
        api, p50, p99 = self._api, "p50", "p99"
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            widgets=[
                [
                    graph("Launches", self._metric("Launches"), self._metric("Requests")),
                    graph("Refusals and failures, by reason", reasons),
                ],
                [
                    graph(
                        "Latency of the API",
                        api.metric_latency(statistic=p50, label=p50),
                        api.metric_latency(statistic=p99, label=p99),
                    ),
                    graph("Cold starts", self._metric("ColdStarts")),
                ],
                [
                    graph(
                        "Throttled", self._metric("Throttles"), *(each.metric_throttles() for each in self._functions)
                    ),
                    graph(
                        "Failures and invalid grants",
                        self._metric("Failures"),
                        api.metric_server_error(),
                        self._metric("MalformedGrants"),
                    ),
                ],
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(self.alarms), width=24, height=3)],
            ],
        )


def _named(name: str, metrics: Sequence[cloudwatch.IMetric]) -> dict[str, cloudwatch.IMetric]:
    """Return `metrics` by names for an expression: `name` for the first, then `name` with a number."""
    return {f"{name}{number or ''}": metric for number, metric in enumerate(metrics)}


def _sum(names: Iterable[str]) -> str:
    return " + ".join(f"FILL({name}, 0)" for name in names)
