# What makes ic-18 true.

PREFIX qb:   <http://purl.org/linked-data/cube#>
PREFIX rdf:  <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX ex:   <https://example.org/>

INSERT DATA { ex:twin a qb:DataSet ; qb:structure ex:structure ; qb:slice ex:slice }
