"""Copies of the pictures that articles show: fetched, made to fit, and kept as files."""
