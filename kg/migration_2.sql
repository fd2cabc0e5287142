-- Answers of the network, and what was known of a paper's origins beyond its first source.

CREATE TABLE raw (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  url TEXT NOT NULL,
  fetched_at TEXT NOT NULL,
  status INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (url, sha256)
) STRICT;
CREATE INDEX raw_sha256 ON raw (sha256);

-- The pages of runs that are under way; a run that ends takes its rows away.
CREATE TABLE page (
  run TEXT NOT NULL,
  url TEXT NOT NULL,
  fetched_at TEXT NOT NULL,
  raw INTEGER NOT NULL REFERENCES raw,
  PRIMARY KEY (run, url)
) STRICT, WITHOUT ROWID;

-- before is there while a watch is under way: what was known when it began, so that one that is killed can still tell the news.
CREATE TABLE watch (
  query TEXT PRIMARY KEY,
  until TEXT,
  before TEXT
) STRICT, WITHOUT ROWID;

-- paper.source is the first source; these are the others that brought the same paper, each with its answer where it had one.
CREATE TABLE paper_source (
  paper INTEGER NOT NULL REFERENCES paper ON DELETE CASCADE,
  source TEXT NOT NULL,
  raw_sha256 TEXT,
  PRIMARY KEY (paper, source)
) STRICT, WITHOUT ROWID;
