"""Version 1 with the routes of every resource."""

from web.api import cases, handoffs, pairings, postings, recommendations
from web.api.blueprint import blueprint

RESOURCES = (cases, handoffs, pairings, postings, recommendations)
"""Each adds its routes to the blueprint when it is imported."""

__all__ = ["RESOURCES", "blueprint"]
