"""The command `rundbrief`.  Heavy imports stand inside the commands, so that help is quick."""
