"""Documents on record: opening a register, and the register as it stood at a moment."""
