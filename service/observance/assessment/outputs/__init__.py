"""Assessments for people and programs."""
