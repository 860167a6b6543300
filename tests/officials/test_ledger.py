"""The ledger: an office its own chain, auditors everything, others nothing."""

import pytest

from access.actor import SYSTEM
from tests.factories import make_chain, make_organization, make_user
from vocabulary.roles import OrganizationKind
from workflows.audit import record


@pytest.fixture
def two_chains(session):
    chains = make_chain(session), make_chain(session)
    for chain, name in zip(chains, ("本链原因", "他链原因"), strict=True):
        record(
            session, SYSTEM, "pairing_confirmed", subject_kind="pairing", subject_id=1, chain_id=chain.id, reason=name
        )
    return chains


def test_an_official_reads_the_own_chain_only(session, sign_in_as, two_chains):
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=two_chains[0].id)
    page = sign_in_as(make_user(session, office)).get("/ledger/").text
    assert "本链原因" in page
    assert "他链原因" not in page
    assert "对接 → 同意推荐" in page


def test_an_auditor_reads_everything_and_can_narrow_it(session, sign_in_as, two_chains):
    client = sign_in_as(make_user(session, make_organization(session, OrganizationKind.AUDIT_OFFICE)))
    assert "他链原因" in client.get("/ledger/").text
    assert "他链原因" not in client.get("/ledger/?noun=roadshow").text
    assert client.get("/ledger/?since=nonsense&page=-4").status_code == 200


def test_a_bank_may_not_read_the_ledger(session, sign_in_as, two_chains):
    client = sign_in_as(make_user(session, make_organization(session, OrganizationKind.BANK)))
    assert client.get("/ledger/").status_code == 403
