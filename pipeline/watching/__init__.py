"""What monitoring is told of this installation."""
