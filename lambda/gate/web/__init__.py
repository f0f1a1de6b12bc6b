"""HTTP as API Gateway hands it over: requests, and answers."""
