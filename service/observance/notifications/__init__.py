"""What is announced to be passed on: who is to receive it, messages that pass it on, their sending, and the record of it."""
