-- Papers that were taken in and are still to be read; promise is how likely a first look finds it that they state something.

CREATE TABLE waiting (
  paper INTEGER PRIMARY KEY REFERENCES paper ON DELETE CASCADE,
  promise REAL NOT NULL CHECK (promise BETWEEN 0 AND 1)
) STRICT;
