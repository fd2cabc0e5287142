"""The graph: its records, the store that keeps them, and the ways out of it. Knows nothing of the other three packages.

The records are in ``model``, what can go wrong in ``errors``, and a file that is a plug-in is found by ``plugins``. ``store``
is what the rest of the program calls; beneath it ``database`` is the open file, ``schema.sql`` and ``migrations`` its tables,
and each noun of the graph has a module with its SQL (``papers``, ``concepts``, ``mappings``, ``evidence``, ``decisions`` ...).
``view`` is what a question may read, of the store (``store_view``) or of Neo4j (``mirror``). ``belief`` is the arithmetic from
evidence to belief. ``formats`` are the exports, ``page`` is the one made of HTML, ``browse`` holds queries for Neo4j Browser.
"""
