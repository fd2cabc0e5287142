-- The store's first version. Integer ids stay inside; keys are what the rest of the program sees.
-- JSON columns hold lists that are only ever read whole.

CREATE TABLE migration (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL
) STRICT;

-- The long column comes last, so that reading the others does not walk through the text.
CREATE TABLE paper (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('article', 'essay')),
  source TEXT NOT NULL,
  label TEXT CHECK (label IN ('bio_inspired', 'bio_hardware', 'bio_model', 'bio_application', 'other')),
  label_score REAL,
  n_authors INTEGER,
  published TEXT,
  published_text TEXT,
  listed TEXT,
  venue TEXT,
  url TEXT,
  raw_sha256 TEXT,
  abstract_sha256 TEXT,
  -- What the stored text is now, whatever abstract_sha256 says it should be.
  title_hash TEXT NOT NULL,
  title_length INTEGER NOT NULL,
  abstract_hash TEXT,
  abstract_length INTEGER,
  ids TEXT NOT NULL,
  authors TEXT NOT NULL,
  abstract TEXT
) STRICT;

-- Every name that a paper answers to: outside ids such as "doi:10.1/x", former keys, and title keys, which papers may share.
CREATE TABLE paper_name (
  name TEXT NOT NULL,
  paper INTEGER NOT NULL REFERENCES paper ON DELETE CASCADE,
  PRIMARY KEY (name, paper)
) STRICT, WITHOUT ROWID;
CREATE INDEX paper_name_paper ON paper_name (paper);

-- Kept in step by kg/papers.py: a trigger would make the index write itself out after each paper, at four times the cost.
CREATE VIRTUAL TABLE paper_text USING fts5 (
  title, abstract, content = 'paper', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2'
);
-- root is the concept that stands for this one after merges: itself where it is not merged.
CREATE TABLE concept (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('mechanism', 'technique', 'function', 'family')),
  name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('curated', 'proposed')),
  domain TEXT,
  parent TEXT,
  root INTEGER NOT NULL REFERENCES concept,
  aliases TEXT NOT NULL,
  see TEXT NOT NULL,
  functions TEXT NOT NULL,
  definition TEXT NOT NULL,
  profile TEXT
) STRICT;
CREATE INDEX concept_root ON concept (root);
CREATE INDEX concept_kind ON concept (kind, key);

-- Names and aliases, blind to case and punctuation.
CREATE TABLE concept_name (
  folded TEXT NOT NULL,
  concept INTEGER NOT NULL REFERENCES concept ON DELETE CASCADE,
  PRIMARY KEY (folded, concept)
) STRICT, WITHOUT ROWID;
CREATE INDEX concept_name_concept ON concept_name (concept);

CREATE VIRTUAL TABLE concept_text USING fts5 (
  name, aliases, definition, tokenize = 'porter unicode61 remove_diacritics 2'
);

-- Merges as the curator made them; concept.root and mapping.shown follow from these rows alone.
CREATE TABLE merge (
  source INTEGER PRIMARY KEY REFERENCES concept,
  target INTEGER NOT NULL REFERENCES concept,
  author TEXT NOT NULL,
  CHECK (source <> target)
) STRICT;
CREATE INDEX merge_target ON merge (target);

-- shown is the key after merges: mappings that show the same key are one mapping to the reader.
CREATE TABLE mapping (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  shown TEXT NOT NULL,
  mechanism INTEGER NOT NULL REFERENCES concept,
  relation TEXT NOT NULL CHECK (relation IN ('inspires', 'analogous', 'contrasts', 'proposes')),
  technique INTEGER NOT NULL REFERENCES concept,
  functions TEXT NOT NULL,
  pairs TEXT NOT NULL
) STRICT;
CREATE INDEX mapping_shown ON mapping (shown);
CREATE INDEX mapping_mechanism ON mapping (mechanism);
CREATE INDEX mapping_technique ON mapping (technique);

-- field and last_end repeat what passages says, for evidence_state.
CREATE TABLE evidence (
  id INTEGER PRIMARY KEY,
  mapping INTEGER NOT NULL REFERENCES mapping,
  paper INTEGER NOT NULL REFERENCES paper,
  passages TEXT NOT NULL,
  reader TEXT NOT NULL,
  version TEXT NOT NULL,
  score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
  stance TEXT NOT NULL CHECK (stance IN ('for', 'against')),
  hedged INTEGER NOT NULL CHECK (hedged IN (0, 1)),
  mechanism_span TEXT,
  technique_span TEXT,
  text_sha256 TEXT NOT NULL,
  field TEXT NOT NULL CHECK (field IN ('title', 'abstract')),
  last_end INTEGER NOT NULL,
  UNIQUE (mapping, paper, passages, reader)
) STRICT;
CREATE INDEX evidence_paper ON evidence (paper, reader);

CREATE VIEW evidence_state AS
SELECT e.id AS evidence,
  CASE
    WHEN e.field = 'title' AND p.title_hash = e.text_sha256 AND e.last_end <= p.title_length THEN 'quoted'
    WHEN e.field = 'abstract' AND p.abstract_hash IS NULL THEN 'by_reference'
    WHEN e.field = 'abstract' AND p.abstract_hash = e.text_sha256 AND e.last_end <= p.abstract_length THEN 'quoted'
    ELSE 'mismatch'
  END AS state
FROM evidence e JOIN paper p ON p.id = e.paper;

-- value is NULL where the run failed.
CREATE TABLE result (
  id INTEGER PRIMARY KEY,
  race TEXT NOT NULL,
  task TEXT NOT NULL,
  arm TEXT NOT NULL,
  seed INTEGER NOT NULL,
  metric TEXT NOT NULL,
  prototype TEXT NOT NULL,
  mapping INTEGER REFERENCES mapping,
  value REAL,
  budget REAL NOT NULL,
  seconds REAL NOT NULL,
  knobs TEXT NOT NULL,
  source_sha256 TEXT NOT NULL,
  versions TEXT NOT NULL,
  note TEXT NOT NULL,
  UNIQUE (race, task, arm, seed, metric)
) STRICT;
CREATE INDEX result_mapping ON result (mapping);
CREATE INDEX result_prototype ON result (prototype);
