"""Validation against SHACL shapes: knows shapes and graphs, nothing of any resolution."""
