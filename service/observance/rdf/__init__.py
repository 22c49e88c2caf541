"""RDF files and terms: reading within bounds, Turtle for people, terms of other libraries."""
