"""Render: a variant of an issue becomes a message.  Same input, same bytes; no clock, no network."""

from __future__ import annotations

from pipeline.render.look import Brand, Correction, Logo, Look, VariantFacts
from pipeline.render.notices import Notice
from pipeline.render.renderer import Renderer

__all__ = ["Brand", "Correction", "Logo", "Look", "Notice", "Renderer", "VariantFacts"]
