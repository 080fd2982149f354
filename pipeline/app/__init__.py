"""The composition root, and the parts that it is made of."""

from pipeline.app.root import App, now, open_app

__all__ = ["App", "now", "open_app"]
