"""The room that reads the outside world."""
