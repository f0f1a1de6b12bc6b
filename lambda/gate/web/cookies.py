"""Cookies with the names and attributes that the deployment's address requires."""

from dataclasses import dataclass

from aws_lambda_powertools.shared.cookies import Cookie, SameSite


@dataclass(frozen=True, eq=False, repr=False)
class CookieFactory:
    """Names and attributes of the gate's cookies, as the place where it is served demands."""

    base_path: str
    secure: bool

    def make(self, name: str, value: str, *, max_age: int, path: str = "/") -> Cookie:
        """Make a cookie for `path` below the gate's own; `max_age` in seconds, 0 removes it."""
        return Cookie(
            self.full_name(name, path),
            value,
            path=(self.base_path + path).rstrip("/") or "/",
            secure=self.secure,
            http_only=True,
            # Lax, not Strict: bookmarks in Slack or a portal, and the way back from the issuer, are cross-site.
            same_site=SameSite.LAX_MODE,
            max_age=max_age,
        )

    def full_name(self, name: str, path: str = "/") -> str:
        """Return the name with the prefix that makes browsers refuse a neighbour's forgery (RFC 6265bis §4.1.3)."""
        if not self.secure:
            return name
        return f"__Host-{name}" if self.base_path + path == "/" else f"__Secure-{name}"
