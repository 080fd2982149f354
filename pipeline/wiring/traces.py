"""Traces by OpenTelemetry, where its standard variables ask for them and the extra is installed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import structlog

from pipeline import __version__
from pipeline.tracing import Fact, NoTracing, Tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

log = structlog.get_logger(__name__)

_ASKING = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PREFIX = "rundbrief."


class OpenTelemetry:
    """Spans for OpenTelemetry; what raised in one is told with it by its class only: its text may have addresses."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("rundbrief", __version__)

    def span(self, name: str, **facts: Fact | None) -> AbstractContextManager[object]:
        attributes = {f"{_PREFIX}{key}": value for key, value in facts.items() if value is not None}
        return self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        )

    def close(self) -> None:
        self._provider.shutdown()


def make_tracing(environ: Mapping[str, str]) -> Tracing:
    """``OTEL_EXPORTER_OTLP_ENDPOINT`` asks for traces; the exporter and the SDK read the other variables themselves."""
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    if off or not any(environ.get(name) for name in _ASKING):
        return NoTracing()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  (an extra)
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        mend = "pip install 'rundbrief[otel]', or unset OTEL_EXPORTER_OTLP_ENDPOINT."
        log.warning("there are no traces: OpenTelemetry is not installed", mend=mend)
        return NoTracing()
    named = Resource.create({} if environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "rundbrief"})
    provider = TracerProvider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetry(provider)
