"""The hand-off of an introduced case to the bank's or buyer's own system: what the firm released, and ids."""

from datetime import datetime
from typing import Any

from flask import Response
from flask_babel import gettext as _
from pydantic import Field

from access.lists import handoffs as lists
from vocabulary.classifications import ConsentPurpose, Market
from vocabulary.integrations import ApiScope
from web.api.blueprint import blueprint, needs, shown
from web.api.shapes import Day, IdPath, Shown
from web.common.database import db, engine
from web.common.identity import current_actor
from web.common.problems import problem
from workflows import releases
from workflows.calendar import today


class ReleasedDocument(Shown):
    """A document that goes along. It is opened by a person on the page of the case, with marks on every page."""

    file: str
    kind: str
    issued_on: Day
    expires_on: Day


class Handoff(Shown):
    """Exactly the fields that the firm consented to, as frozen. Each reading is on the firm's list of readings."""

    case_id: str
    market: Market
    firm_id: str
    firm_name: str
    uscc: str | None
    demand_id: str
    demand_title: str
    demand_terms: dict[str, Any]
    supply_id: str
    supply_title: str
    supply_terms: dict[str, Any]
    introduced_at: datetime | None
    due_on: Day | None = Field(description="The next step is due.")
    sections: dict[str, dict[str, Any]] = Field(description="Section, field, value; null for what was not filed.")
    documents: list[ReleasedDocument]
    purpose: ConsentPurpose
    consent_version: int
    consent_ends_on: Day
    frozen_at: datetime
    receipt: str = Field(description="Number of this reading, which the firm sees too.")


@blueprint.get(
    "/cases/<id>/handoff", operation_id="get_handoff", responses={"200": Handoff, "410": {"description": "Over."}}
)
@needs(ApiScope.DOSSIERS_READ)
def handoff(path: IdPath) -> Response:
    """What was released for an own case after its introduction. 410 once the consent or the case is over."""
    dossier = releases.read_at_once(engine(), current_actor(), path.id)
    if dossier.is_refused:
        text = _("授权已结束，或对接已结束；这次读取已记入回执。")
        return problem(410, _("资料不再开放"), text, receipt=dossier.receipt)
    found = lists.handoff(db(), current_actor(), path.id, on=today())
    answer = Handoff.model_construct(
        **vars(found), sections=dossier.sections, documents=[ReleasedDocument(**row) for row in dossier.documents],
        purpose=dossier.purpose, consent_version=dossier.consent_version, consent_ends_on=dossier.consent_ends_on,
        frozen_at=dossier.frozen_at, receipt=dossier.receipt,
    )  # fmt: skip
    return shown(answer)
