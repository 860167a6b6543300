"""Hard rules: each answers open, closed or unknown, with its value and limit and the change that would open it."""
