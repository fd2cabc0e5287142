// Layered analogies: papers that state several pairs side by side, most first
MATCH (p:Paper)<-[:IN_PAPER {exapt: true}]-(:Evidence {stance: 'for'})-[:OF {exapt: true}]->(m:Mapping {relation: 'analogous'})
WHERE p.exapt IS NOT NULL AND m.exapt IS NOT NULL
WITH p, collect(DISTINCT m) AS levels WHERE size(levels) > 1
WITH p, levels ORDER BY size(levels) DESC, p.key LIMIT 8
UNWIND levels AS m
MATCH stated = (p)<-[:IN_PAPER {exapt: true}]-(:Evidence)-[:OF {exapt: true}]->(m)
MATCH pair = (:Mechanism)<-[:FROM {exapt: true}]-(m)-[:TO {exapt: true}]->(:Technique)
RETURN stated, pair
