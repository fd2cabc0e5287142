"""Data that tasks of a race need and that do not ship: what they are, where they lie, how they are fetched when a user asks."""
