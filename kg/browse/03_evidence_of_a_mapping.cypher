// Evidence of a mapping: every paper that states it, in its own words, and every race
// Put the names of both ends in place of those below; the key of a mapping does too: WHERE m.key = 'm0123456789'.
WITH 'central pattern generator' AS mechanism, 'central pattern generator controller' AS technique
MATCH (a:Mechanism)<-[:FROM {exapt: true}]-(m:Mapping)-[:TO {exapt: true}]->(b:Technique)
WHERE toLower(a.name) = toLower(mechanism) AND toLower(b.name) = toLower(technique)
MATCH ends = (a)<-[:FROM {exapt: true}]-(m)-[:TO {exapt: true}]->(b)
OPTIONAL MATCH said = (m)<-[:OF {exapt: true}]-(:Evidence)-[:IN_PAPER {exapt: true}]->(:Paper)
OPTIONAL MATCH raced = (m)<-[:OF {exapt: true}]-(:Result {arm: 'verdict'})
RETURN ends, said, raced
