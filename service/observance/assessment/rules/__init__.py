"""Rules: compiled, matched, evaluated and exported."""
