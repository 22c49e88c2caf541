"""Graphs: the knowledge, the store, the workers that run over it, and the way from one library's terms to another's."""
