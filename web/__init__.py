"""The doors: a package per audience, a module per noun."""
