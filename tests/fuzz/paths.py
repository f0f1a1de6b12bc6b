"""Hostile values of the query parameter `path`: what could lead out of the application, or into another part of it."""

from itertools import product

_PARENTS = (
    "..", ".", "...", "....", ".. ", " ..", "..;", "..;a=b", "..%00", "..\x00", "..\t", "..\u200b", "\u202e..",
    "%2e%2e", "%2E.", ".%2e", "%252e%252e", "\uff0e\uff0e", "\u2024\u2024", "\u2025", "\u2026",
    "&#46;&#46;", "\\u002e\\u002e",
)  # fmt: skip
_SLASHES = ("/", "//", "\\", "%2f", "%5c", "%252F", "\uff0f", "\u2215", "\u29f8", "\uff3c")
_OTHERS = (
    "", " ", "/", "//", "\\", "/etc/passwd", "//evil.example/a", "\\\\evil.example\\a", "a/", "a//b", "/a", "a/ b",
    "a /b", "https://evil.example", "javascript:alert(1)", "file:///etc/passwd", "C:\\a", "C:a", "a:b",
    "app:JupyterLab:lab", "studio::", "a?b", "a?next=https://evil.example", "a#b", "a%20b", "a%", "a%zz", "a;b",
    "a&view=lab", "a*", "a|b", "a<b>", "<script>", "a\"b", "a'b", "a`b", "$(a)", "${a}", "{{a}}", "a\x00b", "a\nb",
    "a\rb", "a\r\nLocation: x", "a\tb", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "a\u00a0b", "a\u200bb",
    "a\u202eb", "\ufeffa", "a\ue000b", "\ud800", "a\udfffb", "\u2100", "a\uff1fb", "a\uff03b", "a\uff1ab", "a\uff05b",
    "x" * 601, "é" * 101, "a/" * 301 + "b",
)  # fmt: skip

HOSTILE_PATHS = [
    *(f"{parent}{slash}a" for parent, slash in product(_PARENTS, _SLASHES)),
    *(f"a{slash}{parent}{slash}b" for parent, slash in product(_PARENTS, _SLASHES)),
    *_PARENTS,
    *_OTHERS,
]
"""Each of them, decoded once, must be refused."""

FILES = [
    "report.ipynb",
    "churn/report.ipynb",
    "a b/Bericht März (2).ipynb",
    "データ/分析.ipynb",
    ".config/settings.json",
    "a..b/c...d",
    "a~b,c+d=e@f",
    "-",
]
"""Paths of files that people have."""
