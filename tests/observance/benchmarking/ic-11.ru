# What makes ic-11 true.

PREFIX qb:   <http://purl.org/linked-data/cube#>
PREFIX rdf:  <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX ex:   <https://example.org/>

DELETE DATA { ex:o1 ex:level ex:high }
