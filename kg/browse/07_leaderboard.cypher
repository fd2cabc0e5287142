// Leaderboard: what races said of each prototype on each task
MATCH (verdict:Result {arm: 'verdict'}) WHERE verdict.exapt IS NOT NULL
OPTIONAL MATCH (verdict)-[:OF]->(m:Mapping)
RETURN verdict.prototype AS prototype, verdict.task AS task,
  CASE verdict.value WHEN 1 THEN 'better' WHEN 0 THEN 'no difference shown' WHEN -1 THEN 'worse' ELSE 'not run to the end' END
  AS verdict, m.name AS mapping, m.belief AS belief, verdict.race AS race
ORDER BY coalesce(verdict.value, -2) DESC, prototype, task, race
