"""A VPC endpoint beside the networks, and the address of requests through it."""

THROUGH_ENDPOINT = "10.0.7.4"
ENDPOINT = "vpce-0123456789abcdef0"
VPC_ENDPOINTS = {THROUGH_ENDPOINT: ENDPOINT}
SETTINGS = {"vpc_endpoints": [ENDPOINT]}
