"""What questions are asked of: the register as it stood with what was concluded from it."""
