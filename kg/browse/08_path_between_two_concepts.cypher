// Path between two concepts: how one leads to the other over mappings, functions and families
// Put other names in place of those below.
WITH 'spike-timing-dependent plasticity' AS from, 'central pattern generator controller' AS to
MATCH (a:Mechanism|Technique|Function|Family) WHERE a.exapt IS NOT NULL AND toLower(a.name) = toLower(from)
MATCH (b:Mechanism|Technique|Function|Family) WHERE b.exapt IS NOT NULL AND toLower(b.name) = toLower(to) AND b <> a
MATCH path = allShortestPaths((a)-[:INSPIRES|ANALOGOUS|CONTRASTS|PROPOSES|SERVES|IN_FAMILY*..8]-(b))
WHERE none(step IN nodes(path) WHERE step:Mapping)
  AND all(step IN relationships(path) WHERE step.exapt IS NOT NULL OR step.mapping IS NOT NULL)
RETURN path LIMIT 10
