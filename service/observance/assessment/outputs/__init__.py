"""Serialisation and view models of assessments, and recorded answers."""
