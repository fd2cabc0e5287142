-- What serves which function, as rows that an index finds: the lists stay where they are, and these follow from them.
-- Kept in step by kg/serving.py, a row a statement: a trigger would make the full-text index write itself out.

-- own is 1 where the concept's own list has the function, 0 where only a mapping of it does.
CREATE TABLE concept_function (
  function TEXT NOT NULL,
  concept INTEGER NOT NULL REFERENCES concept ON DELETE CASCADE,
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  PRIMARY KEY (function, concept)
) STRICT, WITHOUT ROWID;
CREATE INDEX concept_function_concept ON concept_function (concept);

-- shown repeats what the mapping says.
CREATE TABLE mapping_function (
  function TEXT NOT NULL,
  shown TEXT NOT NULL,
  mapping INTEGER NOT NULL REFERENCES mapping ON DELETE CASCADE,
  PRIMARY KEY (function, shown, mapping)
) STRICT, WITHOUT ROWID;
CREATE INDEX mapping_function_mapping ON mapping_function (mapping);

INSERT INTO concept_function (function, concept, own)
  SELECT DISTINCT f.value, c.id, 1 FROM concept c, json_each(c.functions) f;
INSERT INTO mapping_function (function, shown, mapping)
  SELECT DISTINCT f.value, m.shown, m.id FROM mapping m, json_each(m.functions) f;
INSERT OR IGNORE INTO concept_function (function, concept, own)
  SELECT f.function, m.mechanism, 0 FROM mapping_function f JOIN mapping m ON m.id = f.mapping;
INSERT OR IGNORE INTO concept_function (function, concept, own)
  SELECT f.function, m.technique, 0 FROM mapping_function f JOIN mapping m ON m.id = f.mapping;

-- In place of the indexes on one end alone.
DROP INDEX mapping_mechanism;
DROP INDEX mapping_technique;
CREATE INDEX mapping_ends ON mapping (mechanism, technique, relation);
CREATE INDEX mapping_made ON mapping (technique, relation);
CREATE INDEX mapping_relation ON mapping (relation, shown);
CREATE INDEX concept_parent ON concept (parent) WHERE parent IS NOT NULL;
CREATE INDEX evidence_against ON evidence (mapping) WHERE stance = 'against';
CREATE INDEX paper_published ON paper (published, key) WHERE published IS NOT NULL;
