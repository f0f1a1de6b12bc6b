"""The stack: what `cdk deploy` makes of `gate.toml`."""
