"""What every part runs on: AWS, connections, secrets, time, the log, metrics and the settings."""
