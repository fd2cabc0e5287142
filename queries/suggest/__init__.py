"""Mappings that nobody has published: what the graph knows, how a pair is ranked, and how well that foretells later papers."""
