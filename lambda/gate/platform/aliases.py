"""The aliases of the requests function and of the denies function. The alias of an invocation says who sent the event.

API Gateway alone may invoke the alias `live`. IAM decides who may invoke another alias, and each of those takes events
of one kind. Whoever may only invoke one of them cannot make up a request of API Gateway.
"""

OPERATORS = "operators"
"""Takes the decisions of operators. No role of the gate may invoke it."""

SLACK = "slack"
"""Takes forwarded requests of Slack. The function that opens notebooks may invoke it."""

DENIES = "denies"
"""Has denies written, whatever the event contains. The requests function and a schedule may invoke it."""
