"""From the configuration to what each room takes: its small slice of it, and the adapters that it names."""

from pipeline.wiring import audience, deliver, events, files, mail, providers, publish, render, sources, traces, websub

__all__ = [
    "audience",
    "deliver",
    "events",
    "files",
    "mail",
    "providers",
    "publish",
    "render",
    "sources",
    "traces",
    "websub",
]
