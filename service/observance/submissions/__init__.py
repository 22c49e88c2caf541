"""Submissions: recognised, validated, explained, repaired and reported."""
