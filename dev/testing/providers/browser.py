"""A browser that signs in at another project's identity provider."""

from http.cookiejar import Cookie
from typing import cast

import requests

from testing.browser import MAX_STEPS, Browser, controls
from testing.providers.provider import ForeignProvider, TestUser


class ProviderBrowser(Browser):
    """Stops at the presigned URL instead of opening the notebook."""

    def __init__(self, gate_url: str, provider: ForeignProvider) -> None:
        super().__init__(gate_url)
        self._provider = provider

    def at_provider(self, answer: requests.Response) -> bool:
        """Return whether `answer` is a page of the provider."""
        return answer.url.startswith(f"{self._provider.issuer}/") and "Location" not in answer.headers

    def delete_gate_cookies(self) -> None:
        """Delete the gate's cookies only."""
        for cookie in cast("list[Cookie]", list(self.cookies)):  # stubs say that names are iterated
            if cookie.name.startswith("gate"):
                self.cookies.clear(cookie.domain, cookie.path, cookie.name)

    def sign_in(self, path: str, person: TestUser, *, refuse: bool = False) -> requests.Response:
        """Open `path`, and complete the provider's pages; with `refuse`, deny consent."""
        answer = self.follow(self.go(path))
        for _ in range(MAX_STEPS):
            if not self.at_provider(answer):
                return answer
            asked = any(each.text == self._provider.AGREE for each in controls(answer))
            decision = self._provider.REFUSE if refuse else self._provider.AGREE
            texts = [decision] if asked else self._provider.SIGN_IN
            answer = self.submit(answer, *texts, **self._provider.fields(person))
        raise AssertionError(f"no end at {answer.url.partition('?')[0]}")
