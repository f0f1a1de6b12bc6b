"""Source addresses of requests, and settings under which they differ."""

INSIDE, OUTSIDE, COLLEAGUE, THROUGH_ENDPOINT = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"
"""`COLLEAGUE` is another address inside the networks. Requests from `THROUGH_ENDPOINT` come through `ENDPOINT`."""

ENDPOINT = "vpce-0123456789abcdef0"
VPC_ENDPOINTS = {THROUGH_ENDPOINT: ENDPOINT}
SETTINGS = {"networks": [f"{INSIDE}/32", f"{COLLEAGUE}/32"], "vpc_endpoints": [ENDPOINT]}
