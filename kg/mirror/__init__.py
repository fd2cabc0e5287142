"""The graph in Neo4j: what is there, so that people can browse it and questions can be asked of it.

Nodes show the graph as :class:`kg.store.Store` shows it, after merges and renames. One node for each:

    (:Mechanism) (:Technique) (:Function) (:Family)   a concept, as ``Store.concepts()`` gives it; the label is its kind
    (:Mapping)     as ``Store.mappings()`` gives it, with ``belief`` 0 to 1 and the counts ``papers``, ``for``, ``against``
    (:Paper)       with its text; ``also_from`` lists the sources besides the first
    (:Evidence)    as it was stored; ``mapping`` is the key that was stored, ``shown`` the key of the (:Mapping) it counts for
    (:Result)      of a race; ``shown`` as above, where it has a mapping
    (:Decision)    of a curator on a finding; ``subject`` and ``became`` are keys as stored, ``shown`` as above
    (:Merged)      a concept or mapping that another one is shown for; only ``record`` tells all of it
    (:Push)        each time something was sent: ``number``, ``at`` (the server's clock), ``state`` "running" or "complete", and
                   ``layout``, the way in which all is written; of a graph that was imported, which has no ``at``, ``graph`` is
                   a digest

Relationships, each with ``exapt``, which is true, where it has no ``mapping``:

    (:Mechanism)-[:INSPIRES|ANALOGOUS|CONTRASTS|PROPOSES {mapping, belief, papers}]->(:Technique)   one for each (:Mapping)
    (:Mapping)-[:FROM]->(:Mechanism)        (:Mapping)-[:TO]->(:Technique)        (:Mapping)-[:SERVES]->(:Function)
    (any concept)-[:SERVES]->(:Function)    (any concept)-[:IN_FAMILY]->(:Family)
    (:Evidence)-[:OF]->(:Mapping)           (:Evidence)-[:IN_PAPER]->(:Paper)
    (:Result)-[:OF]->(:Mapping)
    (:Decision)-[:ON]->(:Mapping)           (:Decision)-[:IN_PAPER]->(:Paper)
    (:Merged)-[:MERGED_INTO]->(the concept or mapping that is shown for it)

Properties are the fields of the record in :mod:`kg.model` under their names. What is empty is absent, lists of texts are lists
(``authors``, ``aliases``, ``see``, ``functions``), and nested fields are JSON text: ``ids`` ``pairs`` ``passages``
``mechanism_span`` ``technique_span`` ``profile`` ``knobs`` ``versions``. A result without ``value`` failed (NaN). Besides:

    name       on every node, to read: a concept's name, a paper's title cut short, "mechanism → technique", the quote
    exapt      on every node: the mark of our nodes and their one key, unique in a label; equal to ``key`` where there is one
               (a key longer than 200 characters is cut and hashed)
    digest     of all that the node and its relationships say; equal digests mean that nothing has to be sent
    push       number of the push that wrote the node last
    state      of evidence: "quoted", "by_reference" or "mismatch" as ``Store.quote`` has it; where quoted, ``quotes`` is
               ``Quote.texts`` and ``mechanism_words``, ``technique_words`` are its other two texts
    record     JSON of the record as it was stored (a row of :mod:`kg.export`), where that is not what is shown; "null" on a
               mapping that only a merge made
    merged_into, merged_by, renamed_to, renamed_by   the curator's merge and rename of a concept

A concept's label follows from its key (``"mechanism:…"``), so ``MATCH (c:Mechanism {exapt: $key})`` is one look in an index.
Text can hold any character, NUL included. A node without ``exapt`` is somebody else's, and so is a relationship without
``exapt`` or ``mapping``: neither is ever read or changed, and such a relationship goes only with a node that it hangs on. Before
``layout`` 2 our relationships had no such mark; the next push gives it to them.
"""
