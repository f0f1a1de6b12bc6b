"""The schema of a grant, shared by the operators' commands, their grants files and the local deployment.

It needs pydantic, which the function does not have; the function reads rows with `gate.store.grant_row`.
"""
