"""What tests, trials and benchmarks share: environments, fakes of other services, and clients of a deployment."""
