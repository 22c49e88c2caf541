"""The register as a whole: meetings with a dossier each, what moved between them, and progress compared.

It composes answers of several moments and so stands above the packages that give them.
"""
