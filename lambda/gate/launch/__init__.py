"""From a proven caller and a grant to a presigned URL, with credentials that reach no further."""
