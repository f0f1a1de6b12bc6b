"""The approvers in the settings: an error names the exact form to write."""

import pytest

from infra.settings import Settings
from infra.settings_errors import SettingsError
from tests.infra.examples import MINIMAL


@pytest.mark.parametrize(
    ("approver", "mend"),
    [
        ("user:Bob@Example.COM", "is nobody's name in this spelling; write 'user:bob@example.com'"),
        ("group:Cafe\u0301", "is nobody's name in this spelling; write 'group:Caf\u00e9'"),
        ("bob@example.com", "cannot approve; write user:<e-mail>, group:<name> or slack:<team>/<user>"),
        ("slack:bob", "cannot approve; write user:<e-mail>, group:<name> or slack:<team>/<user>"),
        ("iam:arn:aws:iam::123456789012:role/Admin", "cannot approve; write user:<e-mail>"),
    ],
)
def test_an_approver_in_another_form_is_an_error_with_the_form_to_write(approver: str, mend: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**MINIMAL, "requests": {"approvers": {approver: ["*"]}}})
    (line,) = str(caught.value).splitlines()
    assert line.startswith("settings: requests.approvers")
    assert mend in line
