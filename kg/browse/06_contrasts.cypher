// Contrasts: where papers say that nature and machines differ, and what else is said of the same two
MATCH (a:Mechanism)-[r:CONTRASTS]->(b:Technique) WHERE r.mapping IS NOT NULL
WITH a, b, r ORDER BY r.papers DESC, r.belief DESC, r.mapping LIMIT 40
MATCH said = (a)-[s:INSPIRES|ANALOGOUS|CONTRASTS|PROPOSES]->(b) WHERE s.mapping IS NOT NULL
RETURN said
