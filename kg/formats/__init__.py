"""One file per export: ``DESCRIPTION``, ``SUFFIX`` and ``write(store, out) -> rows``; the same graph gives the same bytes."""
