"""The dashboard and the alarms. docs/operations.md says what to do about each alarm."""

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.sections import AlarmSettings

NAMESPACE = "NotebookGate"
"""The namespace of the function's metrics (lambda/gate/platform/metrics.py)."""

SEE_GUIDE = "See docs/operations.md."
FIVE_MINUTES = cdk.Duration.minutes(5)


class Monitoring(Construct):
    """The dashboard and the alarms of the stack."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: str,
        functions: Sequence[lambda_.IFunction],
        denies: lambda_.IFunction | None,
        api: apigateway.RestApi,
        settings: AlarmSettings,
    ) -> None:
        """`service`: the value of the dimension `service` in the functions' metrics.

        `functions`: those that the canary checks. `denies`: the one that cuts off open notebooks.
        """
        super().__init__(scope, construct_id)
        self._service = service
        self._functions = functions
        self._denies = denies
        self._api = api
        self.alarms = self._alarms(settings)
        if settings.topic_arn:
            topic = sns.Topic.from_topic_arn(self, "Topic", settings.topic_arn)
            for alarm in self.alarms:
                alarm.add_alarm_action(actions.SnsAction(topic))
        self._dashboard()

    def _metric(self, name: str, statistic: str = "Sum", **dimensions: str) -> cloudwatch.Metric:
        """`dimensions`: restrict the metric, to a reason code or a function."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"service": self._service, **dimensions},
            statistic=statistic,
            period=FIVE_MINUTES,
        )

    def _alarms(self, settings: AlarmSettings) -> list[cloudwatch.AlarmBase]:
        crashes = [each.metric_errors(period=FIVE_MINUTES) for each in self._functions]
        throttles = [each.metric_throttles(period=FIVE_MINUTES) for each in self._functions]
        passes = [self._metric("CanaryPasses", function=each.function_name) for each in self._functions]
        # One failure is enough for an alarm on a reason: the cause stays until somebody removes it.
        return [
            self._alarm(
                "Errors",
                "The function failed or returned server errors.",
                _sum("Failures", failures=[self._metric("Failures")], crashes=crashes),
                5,
                evaluation_periods=2,
            ),
            self._alarm(
                "ClientRefused",
                "The identity provider rejects the gate's credentials: nobody can sign in.",
                self._metric("Failures", reason="client_refused"),
            ),
            self._alarm(
                "InstanceQuota",
                "A notebook could not start: the quota for its type is used up.",
                self._metric("Failures", reason="instance_quota"),
            ),
            cloudwatch.AnomalyDetectionAlarm(
                self,
                "RefusalsJump",
                alarm_description=f"Far more requests than usual are refused. {SEE_GUIDE}",
                metric=self._metric("Refusals"),
                std_devs=4,
                evaluation_periods=3,
                datapoints_to_alarm=3,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            ),
            self._alarm(
                "Throttling",
                "AWS throttles calls, and users wait in the queue.",
                _sum("Throttled", aws=[self._metric("Throttles")], function=throttles),
                10,
                evaluation_periods=2,
            ),
            self._alarm(
                "Canary",
                "A function cannot do what people's requests need, or is not invoked by its schedule.",
                _least("Passes", passes).with_(period=cdk.Duration.hours(1)),
                evaluation_periods=2,
                comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            ),
            self._alarm(
                "KeyRotationDue",
                f"The key that signs cookies is more than {settings.key_days} days old.",
                self._metric("SigningKeyAge", "Maximum").with_(period=cdk.Duration.hours(6)),
                settings.key_days,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
            ),
            *(self._denies_alarms(self._denies) if self._denies else ()),
        ]

    def _denies_alarms(self, denies: lambda_.IFunction) -> list[cloudwatch.AlarmBase]:
        return [
            self._alarm(
                "NotCutOff",
                "Access has ended, and what is open with it may not be cut off.",
                denies.metric_errors(period=FIVE_MINUTES),
                evaluation_periods=2,  # the next event of the schedule has failed, too
                # Without a value, the schedule does not invoke the function.
                treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            )
        ]

    def _alarm(
        self, name: str, description: str, metric: cloudwatch.IMetric, threshold: int = 1, **options: Any
    ) -> cloudwatch.Alarm:
        """Add an alarm. `options`: what differs from an alarm on one period that reaches the threshold."""
        default = {
            "evaluation_periods": 1,
            "comparison_operator": cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            "treat_missing_data": cloudwatch.TreatMissingData.NOT_BREACHING,
        }
        return cloudwatch.Alarm(
            self,
            name,
            alarm_description=f"{description} {SEE_GUIDE}",
            metric=metric,
            threshold=threshold,
            **{**default, **options},
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


def _sum(label: str, **metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.MathExpression:
    """Return the sum of `metrics`, in which a missing value counts as 0."""
    named = {f"{name}{number or ''}": each for name, of in metrics.items() for number, each in enumerate(of)}
    return _expression(label, " + ".join(f"FILL({name}, 0)" for name in named), named)


def _least(label: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.MathExpression:
    """Return the smallest of `metrics`, in which a missing value counts as 0."""
    named = {f"each{number}": each for number, each in enumerate(metrics)}
    return _expression(label, f"MIN([{', '.join(f'FILL({name}, 0)' for name in named)}])", named)


def _expression(label: str, text: str, metrics: Mapping[str, cloudwatch.IMetric]) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression=text, using_metrics=metrics, label=label, period=FIVE_MINUTES)
