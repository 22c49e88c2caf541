"""The rules: pattern language, compilation, forward chaining from scratch or incrementally, export to SHACL and N3."""
