"""The operator asks what the decisions teach."""

import json


def test_an_office_without_decisions_is_told_so(app):
    told = app.test_cli_runner().invoke(args=["learn"])
    assert told.exit_code == 0, told.output
    assert "finance: 0 decisions, 0 more that this engine never scored" in told.output
    assert "supply: 0 decisions" in told.output


def test_the_report_is_json_on_demand(app):
    told = app.test_cli_runner().invoke(args=["learn", "--json"])
    assert [found["market"] for found in json.loads(told.output)] == ["finance", "supply"]
