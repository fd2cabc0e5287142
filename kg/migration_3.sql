-- What curators decided, in the order in which they did: only the last one is ever taken away.
-- subject is the key of a mapping or concept, object what it became; undo holds what was there before, as JSON.
CREATE TABLE decision (
  id INTEGER PRIMARY KEY,
  action TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'fix', 'merge', 'split', 'rename')),
  subject TEXT NOT NULL,
  paper TEXT,
  object TEXT,
  author TEXT NOT NULL,
  undo TEXT NOT NULL
) STRICT;

-- New names of concepts. Where the key follows from the new name, the concept of that key was made and a merge leads to it.
CREATE TABLE rename (
  concept INTEGER PRIMARY KEY REFERENCES concept ON DELETE CASCADE,
  name TEXT NOT NULL,
  author TEXT NOT NULL
) STRICT;
