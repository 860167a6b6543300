"""The reasons of a verdict that are offered today."""

from typing import TypeVar

from vocabulary.classifications import VerdictReason
from web.common.database import db
from web.common.fields import Form
from workflows.reference_data import offered

_F = TypeVar("_F", bound=Form)


def offering(form: _F) -> _F:
    """The form, its field `reason` limited to what administrators offer."""
    form["reason"].offered = offered(db(), VerdictReason)
    return form
