"""Who is calling: session cookie, bearer token or IAM, each of which gives a `Caller`."""
