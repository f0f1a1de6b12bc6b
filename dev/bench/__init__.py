"""Benchmark: the function compared with what a user would write instead."""
