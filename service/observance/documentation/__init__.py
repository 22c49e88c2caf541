"""The knowledge as pages to read: its vocabulary, code lists, norms, readings, instruments and lists, in each language."""
