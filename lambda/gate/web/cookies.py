"""Creates cookies with the names and attributes that the gate's URL requires."""

from dataclasses import dataclass

from aws_lambda_powertools.shared.cookies import Cookie, SameSite


@dataclass(frozen=True, eq=False, repr=False)
class CookieFactory:
    """Creates cookies for the gate's URL.

    `base_path`: prefix of all paths. `secure`: whether the URL is https.
    """

    base_path: str
    secure: bool

    def make(self, name: str, value: str, *, max_age: int, path: str = "/") -> Cookie:
        """Return a cookie for `path`, relative to the base path. `max_age`: seconds; 0 removes the cookie."""
        return Cookie(
            self.full_name(name, path),
            value,
            path=(self.base_path + path).rstrip("/") or "/",
            secure=self.secure,
            http_only=True,
            # Lax, not Strict: links in Slack or a portal, and the redirect from the issuer, are cross-site requests.
            same_site=SameSite.LAX_MODE,
            max_age=max_age,
        )

    def full_name(self, name: str, path: str = "/") -> str:
        """Return `name` with a prefix, so that sibling domains cannot set the cookie (RFC 6265bis §4.1.3)."""
        if not self.secure:
            return name
        return f"__Host-{name}" if self.base_path + path == "/" else f"__Secure-{name}"
