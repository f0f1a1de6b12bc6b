"""The CDK stacks that `cdk deploy` creates from `gate.toml`."""
