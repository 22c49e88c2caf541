"""Worker processes that can be ended; the mechanics only, nothing of any domain."""
