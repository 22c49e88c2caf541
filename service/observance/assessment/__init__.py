"""Where each duty stands, and why: a register, a day and a reading in; statuses with their reasons out. Its modules are its steps."""
