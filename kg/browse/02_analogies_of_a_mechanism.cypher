// Analogies of a mechanism: what it became, and what others became that serve the same function
// Put its name in place of the one below.
WITH 'spike-timing-dependent plasticity' AS name
MATCH (a:Mechanism)
WHERE toLower(a.name) = toLower(name) OR any(alias IN a.aliases WHERE toLower(alias) = toLower(name))
MATCH near = (a)-[r:INSPIRES|ANALOGOUS|CONTRASTS|PROPOSES]->(:Technique) WHERE r.mapping IS NOT NULL
WITH a, collect(near) AS near
OPTIONAL MATCH far = (a)-[:SERVES {exapt: true}]->(:Function)<-[:SERVES {exapt: true}]-(other:Mechanism)-[r:INSPIRES|ANALOGOUS]->(:Technique)
WHERE other <> a AND r.mapping IS NOT NULL
WITH near, far ORDER BY r.belief DESC, r.mapping
RETURN near, collect(far)[0..25] AS far
