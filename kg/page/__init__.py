"""The graph as one file of HTML that works offline: what it says, how it looks, how it moves."""
