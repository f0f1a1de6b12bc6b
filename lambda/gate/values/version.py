"""The release that this code is, for the function, the stack, `gate` and the package."""

VERSION = "0.1.0"
