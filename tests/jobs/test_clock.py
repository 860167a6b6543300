"""What the night does, and that it is begun anew without harm."""

import pytest

from jobs import clock
from models.recommendation import RecommendationRun
from vocabulary.jobs import JobPhase
from vocabulary.lifecycles import RunStatus


def test_a_night_goes_through_its_steps_and_can_be_run_again(engine):
    said = []
    clock.night(engine, lambda *progress: said.append(progress))
    steps = [
        JobPhase.EXPIRY, JobPhase.REMINDERS, JobPhase.FOLLOW_UP, JobPhase.SCHEDULED_REPORTS,
        JobPhase.RECOMMENDATIONS, JobPhase.GAPS, JobPhase.SHADOW, JobPhase.DRIFT,
    ]  # fmt: skip
    assert said == [(phase, n, 8) for n, phase in enumerate(steps)]
    clock.night(engine)


def test_a_night_whose_recommendations_failed_does_the_rest_and_says_so(engine, monkeypatch):
    found = []
    failed = RecommendationRun(status=RunStatus.FAILED)
    monkeypatch.setattr(clock.recommendations, "refresh_all", lambda *_arguments, **_values: [failed])
    monkeypatch.setattr(clock, "_find_gaps", lambda _engine: found.append(True))
    with pytest.raises(clock.RunFailed):
        clock.night(engine)
    assert found == [True]
