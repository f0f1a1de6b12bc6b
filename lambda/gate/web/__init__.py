"""HTTP: requests from API Gateway, responses and cookies."""
