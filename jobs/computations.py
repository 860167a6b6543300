"""What officials ask to be computed: read without holding the database, then kept in the transaction that ends it."""

from jobs.attempts import Attempt
from models.assignment import AssignmentProposal
from models.policy import PolicyScenario
from models.session import open_session
from vocabulary.classifications import Market
from vocabulary.jobs import JobPhase
from workflows import assignment_run, assignments, model_versions, policy_run, policy_scenarios
from workflows.calendar import today
from workflows.weights import latest_weights

_STEPS = 2


def compute_policy(attempt: Attempt) -> None:
    """Try a scenario on the present facts and keep what it would do, with the rights its asker has now."""
    scenario_id = attempt.arguments["scenario_id"]
    attempt.say(JobPhase.COMPUTING, 0, _STEPS)
    with open_session(attempt.engine, read_only=True) as session:
        run = policy_run.compute(session, session.get_one(PolicyScenario, scenario_id), on=today())
    attempt.say(JobPhase.KEEPING, 1, _STEPS)
    with attempt.finishing() as end:
        scenario = end.session.get_one(PolicyScenario, scenario_id)
        policy_scenarios.keep(end.session, attempt.asker(end.session), scenario, run)
        end.result = scenario.public_id


def compute_assignment(attempt: Attempt) -> None:
    """Assign the needs of the asker's office and keep it as a proposal."""
    settings = assignment_run.AssignmentSettings(**attempt.arguments)
    attempt.say(JobPhase.COMPUTING, 0, _STEPS)
    with open_session(attempt.engine, read_only=True) as session:
        run = assignment_run.compute(session, attempt.asker(session), settings, on=today())
    attempt.say(JobPhase.KEEPING, 1, _STEPS)
    with attempt.finishing() as end:
        kept: AssignmentProposal = assignments.keep(end.session, attempt.asker(end.session), run)
        end.result = kept.public_id


def train_model(attempt: Attempt) -> None:
    """Learn from the decisions of a market so far and keep what came of it as a version."""
    from workflows import learning  # pandas and SciPy's optimizers load slowly, and only this job needs them

    market = Market(attempt.arguments["market"])
    attempt.say(JobPhase.COMPUTING, 0, _STEPS)
    with open_session(attempt.engine, read_only=True) as session:
        report = learning.report(session, market, current=latest_weights(session, market))
    attempt.say(JobPhase.KEEPING, 1, _STEPS)
    with attempt.finishing() as end:
        end.result = model_versions.keep(end.session, attempt.asker(end.session), report).public_id
