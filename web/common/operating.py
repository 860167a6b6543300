"""What machines ask: how the product has been serving, and what waits in it."""

import hmac
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, abort, current_app, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from prometheus_flask_exporter import PrometheusMetrics

from access.lists import operating
from models.session import open_session
from web.common.guards import public

blueprint = Blueprint("operating", __name__)
_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Seconds of an answer."""


class _Rows(Collector):
    """Gauges read from the database when they are asked for."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with open_session(self.app.extensions["engine"], read_only=True) as session:
            counted = operating.counts(session)
        for name, meaning, by_status in counted:
            gauge = GaugeMetricFamily(f"lianrong_{name}", meaning, labels=["status"])
            for status, number in by_status.items():
                gauge.add_metric([status], number)
            yield gauge


def init_operating(app: Flask) -> None:
    """Count requests by route, method and status. With several processes `PROMETHEUS_MULTIPROC_DIR` adds them up."""
    app.extensions["metrics"] = PrometheusMetrics(
        app, path=None, group_by="url_rule", registry=CollectorRegistry(), buckets=_BUCKETS,
        excluded_paths=["^/static/", "^/vendor/"],
    )  # fmt: skip
    app.extensions["gauges"] = gauges = CollectorRegistry()
    gauges.register(_Rows(app))


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus' text format, to whoever has the token; without a token set there is no such page."""
    token = current_app.config["SETTINGS"].metrics_token
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        abort(404)
    served, content_type = current_app.extensions["metrics"].generate_metrics()
    return Response(served + generate_latest(current_app.extensions["gauges"]).decode(), content_type=content_type)
