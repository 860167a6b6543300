"""The first day of a city."""

import csv
from pathlib import Path

import pytest
from sqlmodel import func, select

from models.chain import Chain, ChainLink
from models.organization import Organization
from models.outbox import OutboxMessage
from models.session import open_session
from web.common.mail import compose

LINKS = Path(__file__).parents[2] / "docs" / "examples" / "chain_links.csv"
OFFICES = LINKS.with_name("offices.csv")
ADDRESS = "https://localhost"


def run(app, links=LINKS, offices=OFFICES, address=ADDRESS):
    return app.test_cli_runner().invoke(args=["set-up-city", str(links), str(offices), "--address", address])


def letters(output: str) -> dict[str, str]:
    return {line.split()[0]: line.split()[1] for line in output.splitlines() if "@" in line}


def accept(app, link: str) -> None:
    form = {"full_name": "某某", "password": "green-river-39-boats", "again": "green-river-39-boats"}
    answer = app.test_client().post(link.removeprefix(ADDRESS), data=form, base_url=ADDRESS)
    assert answer.status_code == 303, answer.get_data(as_text=True)


def test_the_examples_of_the_guide_set_up_a_city(app, engine):
    told = run(app)
    assert told.exit_code == 0, told.output
    with LINKS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(func.count()).select_from(ChainLink)).one() == len(rows)
        assert set(session.exec(select(Chain.code)).all()) == {row["chain"] for row in rows}
        kinds = session.exec(select(Organization.kind)).all()
        mails = session.exec(select(OutboxMessage)).all()
    assert set(kinds) == {"chain_office", "joint_office", "audit_office", "it_office"}
    assert {mail.recipient: mail.values["link"] for mail in mails} == letters(told.output)


def test_the_first_administrator_and_every_invited_person_get_in(app):
    links = letters(run(app).output)
    for link in links.values():
        if "/reset-password/" not in link:
            accept(app, link)
    (reset,) = (link for link in links.values() if "/reset-password/" in link)
    form = {"password": "green-river-39-boats", "again": "green-river-39-boats"}
    client = app.test_client()
    assert client.post(reset.removeprefix(ADDRESS), data=form, base_url=ADDRESS).status_code == 303
    administrator = next(email for email, link in links.items() if link == reset)
    form = {"email": administrator, "password": "green-river-39-boats"}
    client.post("/sign-in", data=form, base_url=ADDRESS)
    assert client.get("/users", base_url=ADDRESS).status_code == 200


def test_an_invitation_names_who_invites(app, engine):
    run(app)
    with open_session(engine, read_only=True) as session:
        mail = session.exec(select(OutboxMessage).where(OutboxMessage.template == "invitation")).first()
    with app.test_request_context():
        assert "系统管理员 邀请您加入" in compose(mail.template, "zh", mail.values)[1]


def test_the_same_chain_or_office_is_not_set_up_twice(app, engine):
    run(app)
    again = run(app)
    assert again.exit_code == 1
    assert "row 2, chain: this chain is set up already" in again.output
    with open_session(engine, read_only=True) as session:
        assert len(session.exec(select(OutboxMessage)).all()) == len(OFFICES.read_text("utf-8").splitlines()) - 1


def test_a_chain_can_be_added_later_without_a_second_it_office(app, tmp_path, engine):
    run(app)
    links, offices = tmp_path / "links.csv", tmp_path / "offices.csv"
    heading = LINKS.read_text("utf-8").splitlines()[0]
    links.write_text(f"{heading}\ntea,茶,Tea,衡阳市,leaf,茶叶,Leaf,upstream,016\n", "utf-8")
    offices.write_text("office,name,region,email\ntea,茶产业链办公室,,tea@example.org\n", "utf-8")
    told = run(app, links, offices)
    assert told.exit_code == 0, told.output
    assert set(letters(told.output)) == {"tea@example.org"}


@pytest.mark.parametrize(
    ("links", "offices", "problem"),
    [
        ("tea,茶,Tea,,leaf,茶叶,Leaf,sideways,016", "", "row 2, position: none of upstream"),
        ("tea,茶,Tea,火星,leaf,茶叶,Leaf,upstream,016", "", "row 2, host: unknown region"),
        ("tea,茶,Tea,,leaf,茶叶,Leaf,upstream,9999", "", "row 2, prefixes: unknown industry"),
        ("Tea!,茶,Tea,,leaf,茶叶,Leaf,upstream,016", "", "row 2, chain: not a code"),
        ("tea,茶,Tea,,leaf,茶叶,Leaf,upstream,016", "it_office,信息中心,,it@example.org", "no row for tea"),
        ("tea,茶,Tea,,leaf,茶叶,Leaf,upstream,016", "tea,茶链办,,t@example.org", "no row for it_office"),
        ("tea,茶,Tea,,leaf,茶叶,Leaf,upstream,016", "tea,茶链办,,nobody", "row 2, email: not an e-mail address"),
        ("tea,茶,Tea,,leaf,茶叶,Leaf,upstream,016", "rice,米链办,,t@example.org", "row 2, office: neither a chain"),
    ],
)
def test_a_bad_file_sets_up_nothing(app, engine, tmp_path, links, offices, problem):
    heading = LINKS.read_text("utf-8").splitlines()[0]
    (tmp_path / "links.csv").write_text(f"{heading}\n{links}\n", "utf-8")
    (tmp_path / "offices.csv").write_text(f"office,name,region,email\n{offices}\n", "utf-8")
    told = run(app, tmp_path / "links.csv", tmp_path / "offices.csv")
    assert told.exit_code == 1
    assert problem in told.output
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(Organization.id)).first() is None
