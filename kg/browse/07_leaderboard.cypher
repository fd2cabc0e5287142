// Leaderboard: what races said of each prototype on each task
MATCH (raced:Result {arm: 'verdict'}) WHERE raced.exapt IS NOT NULL
OPTIONAL MATCH (raced)-[:OF {exapt: true}]->(m:Mapping)
WITH raced, m ORDER BY coalesce(raced.value, -2) DESC, raced.prototype, raced.task, raced.race
RETURN raced.prototype AS prototype, raced.task AS task,
  CASE raced.value WHEN 1 THEN 'better' WHEN 0 THEN 'no difference shown' WHEN -1 THEN 'worse' ELSE 'not run to the end' END
  AS verdict, m.name AS mapping, m.belief AS belief, raced.race AS race
