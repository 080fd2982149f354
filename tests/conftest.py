"""Hypothesis's profiles: the default is what CI has time for; ``--hypothesis-profile=thousands`` is for by hand."""

from __future__ import annotations

from hypothesis import settings

from tests.fakes.postgresql import postgresql

__all__ = ["postgresql"]

settings.register_profile("thousands", max_examples=5_000)
