"""What a worker process answers."""
