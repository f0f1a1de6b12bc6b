"""An empty handler: the lower bound, which is Lambda's runtime alone."""


def handler(_event, _context):
    """Answer at once."""
    return {"statusCode": 204}
