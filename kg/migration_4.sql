-- Which reader, in which version, has read which text of a paper, so that a newer reader reads it again, and the same does not.

CREATE TABLE reader (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  UNIQUE (name, version)
) STRICT;

-- text is the start of the digest of title and abstract.
CREATE TABLE reading (
  paper INTEGER NOT NULL REFERENCES paper ON DELETE CASCADE,
  reader INTEGER NOT NULL REFERENCES reader,
  text BLOB NOT NULL,
  PRIMARY KEY (paper, reader)
) STRICT, WITHOUT ROWID;

-- Only papers that state something are searched, and they are few: the others are not indexed, which took half of the time.
DROP TABLE paper_text;
CREATE VIEW stating_paper AS SELECT id, title, abstract FROM paper WHERE id IN (SELECT paper FROM evidence);
CREATE VIRTUAL TABLE paper_text USING fts5 (
  title, abstract, content = 'stating_paper', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2'
);
INSERT INTO paper_text (paper_text) VALUES ('rebuild');
