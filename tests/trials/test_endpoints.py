"""The trials of failing dependencies cover every endpoint."""

from gate.routes import ROUTES
from trials.endpoints import ENDPOINTS


def test_every_route_has_an_endpoint() -> None:
    named = {endpoint.name.partition(",")[0].replace("…", "/notebooks/{notebook}") for endpoint in ENDPOINTS}
    assert named == {f"{method} {path}" for method, path in ROUTES}
