"""RDF documents parsed within bounds; nothing is ever fetched."""
