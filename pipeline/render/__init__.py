"""Render: a variant of an issue becomes a message.  Same input, same bytes; no clock, no network."""

from __future__ import annotations

from pipeline.render.look import Brand, Look, VariantFacts
from pipeline.render.renderer import Renderer
from pipeline.render.words import greeting

__all__ = ["Brand", "Look", "Renderer", "VariantFacts", "greeting"]
