# The first half of normalisation: what the short forms imply about types and components.

PREFIX qb:   <http://purl.org/linked-data/cube#>
PREFIX rdf:  <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX ex:   <https://example.org/>

INSERT { ?observation a qb:Observation } WHERE { ?observation qb:dataSet ?set } ;
INSERT { ?observation a qb:Observation } WHERE { ?slice qb:observation ?observation } ;
INSERT { ?set a qb:DataSet } WHERE { ?observation qb:dataSet ?set } ;
INSERT { ?slice a qb:Slice } WHERE { ?set qb:slice ?slice } ;
INSERT { ?component qb:componentProperty ?property . ?property a qb:DimensionProperty } WHERE { ?component qb:dimension ?property } ;
INSERT { ?component qb:componentProperty ?property . ?property a qb:MeasureProperty } WHERE { ?component qb:measure ?property } ;
INSERT { ?component qb:componentProperty ?property . ?property a qb:AttributeProperty } WHERE { ?component qb:attribute ?property }
