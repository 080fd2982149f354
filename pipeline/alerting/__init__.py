"""Telling those who look after it that something is wrong, and when it is over."""
