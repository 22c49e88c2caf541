# The second half: what is attached to a data set or a slice holds for each of its observations.

PREFIX qb:   <http://purl.org/linked-data/cube#>
PREFIX rdf:  <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX ex:   <https://example.org/>

INSERT { ?observation ?property ?value } WHERE {
  ?set qb:structure/qb:component ?component .
  ?component qb:componentProperty ?property ; qb:componentAttachment qb:DataSet .
  ?set ?property ?value .
  ?observation qb:dataSet ?set .
} ;
INSERT { ?observation ?property ?value } WHERE {
  ?set qb:structure/qb:component ?component ; qb:slice ?slice .
  ?component qb:componentProperty ?property ; qb:componentAttachment qb:Slice .
  ?slice ?property ?value ; qb:observation ?observation .
} ;
INSERT { ?observation ?property ?value } WHERE {
  ?slice qb:sliceStructure/qb:componentProperty ?property ; ?property ?value ; qb:observation ?observation .
}
