"""The grants table: grants, cutoffs, replay claims and launch queues."""
