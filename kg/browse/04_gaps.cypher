// Gaps: functions that mechanisms serve which have become no technique, the emptiest first
MATCH (f:Function)<-[:SERVES {exapt: true}]-(c:Mechanism|Technique) WHERE f.exapt IS NOT NULL AND c.exapt IS NOT NULL
WITH f, c, EXISTS { (c)-[r:INSPIRES|ANALOGOUS]-() WHERE r.mapping IS NOT NULL } AS answered
WITH f, collect(CASE WHEN c:Mechanism AND NOT answered THEN c END) AS waiting,
  count(CASE WHEN c:Mechanism THEN 1 END) AS mechanisms, count(CASE WHEN c:Technique AND answered THEN 1 END) AS techniques
WHERE size(waiting) > 0
WITH f, waiting[0..6] AS waiting, 1.0 * techniques / mechanisms AS share ORDER BY share, f.key LIMIT 15
UNWIND waiting AS mechanism
MATCH waits = (mechanism)-[:SERVES {exapt: true}]->(f)
RETURN waits
