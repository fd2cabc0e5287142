"""One file per export, each with ``DESCRIPTION``, ``SUFFIX`` and ``write(store, out) -> rows``; the same graph gives the same bytes."""
