"""SHACL-SPARQL (SHACL 1.0, sections 5 and 6): constraints in SPARQL, evaluated by Oxigraph."""
