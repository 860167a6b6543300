"""Version 1 with the routes of every resource."""

from web.api import cases, pairings, postings, recommendations
from web.api.blueprint import blueprint

RESOURCES = (cases, pairings, postings, recommendations)
"""Each adds its routes to the blueprint when it is imported."""

__all__ = ["RESOURCES", "blueprint"]
