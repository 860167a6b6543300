"""Loading a checked table, so that no page waits for it; then what it opened is recommended."""

from collections.abc import Callable

from sqlmodel import col, select

from jobs.attempts import Attempt
from models.import_batch import ImportBatch
from models.posting import Demand, Supply
from models.recommendation import RecommendationRun
from models.session import open_session, unit_of_work
from vocabulary.imports import ImportNoun, ImportStatus
from vocabulary.jobs import JobPhase
from vocabulary.lifecycles import PostingStatus
from workflows import import_batches
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.import_rows import Words
from workflows.recommendations import refresh_demand, refresh_supply

WordsOf = Callable[[ImportNoun], Words]
_POSTINGS = {ImportNoun.PURCHASE_NEEDS, ImportNoun.LOAN_PRODUCTS}
"""Firms are recommended with the next night; outcomes are not recommended."""


def do_import(attempt: Attempt, words_of: WordsOf) -> None:
    """Load the rows in one transaction, or none of them; a table that was loaded before is not loaded again.

    Rows that have gone bad since the dry run stop a table that was to be loaded wholly: its page then shows them.
    """
    attempt.say(JobPhase.LOADING, 0, 1)
    try:
        batch = _load(attempt, words_of)
    except NotComplete:
        with attempt.finishing() as end:
            batch = end.session.get_one(ImportBatch, attempt.arguments["batch_id"])
            actor = attempt.asker(end.session)
            import_batches.check_again(end.session, actor, batch, today=today(), words=words_of(batch.noun))
        return
    if batch.noun in _POSTINGS:
        _recommend(attempt, batch)
    with attempt.finishing() as end:
        end.result = batch.public_id


def _load(attempt: Attempt, words_of: WordsOf) -> ImportBatch:
    with unit_of_work(attempt.engine) as session:
        batch = session.get_one(ImportBatch, attempt.arguments["batch_id"])
        if batch.status is not ImportStatus.LOADED:
            import_batches.load(
                session, attempt.asker(session), batch, is_partial=attempt.arguments["is_partial"], today=today(),
                words=words_of(batch.noun),
            )  # fmt: skip
        return batch


def _recommend(attempt: Attempt, batch: ImportBatch) -> None:
    """Each open posting in a transaction of its own, so that others get their turn; one that has been is left out."""
    for posting, run_of, refresh in (
        (Demand, RecommendationRun.demand_id, refresh_demand),
        (Supply, RecommendationRun.supply_id, refresh_supply),
    ):
        has_been = select(run_of).where(col(run_of).is_not(None), col(RecommendationRun.created_at) >= batch.loaded_at)
        waiting = select(posting.id).where(
            posting.organization_id == batch.organization_id,
            posting.status == PostingStatus.OPEN,
            col(posting.id).not_in(has_been),
        )
        with open_session(attempt.engine, read_only=True) as session:
            ids = session.exec(waiting.order_by(col(posting.id))).all()
        for n_done, posting_id in enumerate(ids):
            attempt.say(JobPhase.RECOMMENDATIONS, n_done, len(ids))
            with unit_of_work(attempt.engine) as session:
                refresh(session, posting_id or 0, today=today())
