// The graph: mechanisms of nature, what they became, and the functions that both serve
// Each function with the pairs that serve most of the others too, so that all hangs together. More: raise 9 and 4.
MATCH (a:Mechanism)-[r:INSPIRES|ANALOGOUS]->(b:Technique), (a)-[:SERVES {exapt: true}]->(f:Function)<-[:SERVES {exapt: true}]-(b)
WHERE r.mapping IS NOT NULL
WITH f, count(r) AS pairs ORDER BY pairs DESC, f.key LIMIT 9
WITH collect(f) AS functions
UNWIND functions AS f
MATCH (a:Mechanism)-[r:INSPIRES|ANALOGOUS]->(b:Technique), (a)-[:SERVES {exapt: true}]->(f)<-[:SERVES {exapt: true}]-(b)
WHERE r.mapping IS NOT NULL
WITH functions, f, a, b, r,
  COUNT { MATCH (a)-[:SERVES {exapt: true}]->(g) WHERE g IN functions } + COUNT { MATCH (b)-[:SERVES {exapt: true}]->(g) WHERE g IN functions } AS joined
ORDER BY joined DESC, r.belief DESC, r.mapping
WITH functions, f, collect([a, b])[0..4] AS pairs
UNWIND pairs AS pair
WITH DISTINCT functions, pair[0] AS a, pair[1] AS b
MATCH became = (a)-[r:INSPIRES|ANALOGOUS|CONTRASTS|PROPOSES]->(b) WHERE r.mapping IS NOT NULL
MATCH serve = (a)-[:SERVES {exapt: true}]->(f)<-[:SERVES {exapt: true}]-(b) WHERE f IN functions
RETURN became, serve
