"""Rundbrief: articles in; feeds and newsletters out, each to everyone, once."""

__version__ = "0.1.0"
