"""Sheets and drawings: what several kinds of pages and files are made of."""
