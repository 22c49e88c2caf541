"""A question on its way: guarded, run in a worker that can be ended, written out; the catalogue; other endpoints."""
