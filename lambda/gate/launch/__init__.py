"""Launches: from a caller and a grant to a presigned URL, with credentials that allow nothing else."""
