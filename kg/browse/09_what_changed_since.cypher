// What changed since: the mappings that were new or otherwise sent in the last days
// Put another span in place of P7D: PT12H is twelve hours, P1M a month.
WITH datetime() - duration('P7D') AS since
MATCH (p:Push) WHERE p.exapt IS NOT NULL AND p.at >= since
WITH collect(p.number) AS pushes
MATCH (m:Mapping) WHERE m.exapt IS NOT NULL AND m.push IN pushes
WITH m ORDER BY m.push DESC, m.belief DESC, m.key LIMIT 60
MATCH (a:Mechanism)<-[:FROM {exapt: true}]-(m)-[:TO {exapt: true}]->(b:Technique)
MATCH changed = (a)-[r:INSPIRES|ANALOGOUS|CONTRASTS|PROPOSES {mapping: m.key}]->(b)
OPTIONAL MATCH serve = (a)-[:SERVES {exapt: true}]->(:Function)<-[:SERVES {exapt: true}]-(b)
RETURN changed, serve
