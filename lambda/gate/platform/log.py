"""The function's logger. Its lines are JSON, and carry the request's correlation id."""

from aws_lambda_powertools import Logger

logger = Logger(service="notebook-gate")
