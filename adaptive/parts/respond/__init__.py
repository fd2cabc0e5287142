"""How a mechanism can respond: what is sensed drives an inner state with a dynamics of its own."""
