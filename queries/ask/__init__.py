"""Questions of the graph, one file each: ``QUESTION`` (its help), ``PARAMS`` and ``ask(view, **params) -> Answer``.

The view is the store or Neo4j, and both must give the same rows. A file's first line is the question in plain words.
"""
