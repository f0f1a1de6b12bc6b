"""The deployment, rehearsed: the project's own `cdk deploy` into an AWS emulator that this project did not write."""
