"""Sixty cells of who may do what, written by hand: a second truth beside the tables of `access.permissions`.

A row is role, method, endpoint, answer. `deny` is 403 whatever the id; `reach` is anything but 403. Both go over HTTP.
"""

import pytest

from tests.factories import make_chain, make_organization, make_user
from vocabulary.roles import ROLES_OF_KIND, OrganizationKind, Role

CELLS = """
filer       POST firms_consents.withdraw            deny
filer       POST officials_pairings.show            deny
filer       GET  officials_pairings.show            deny
filer       GET  officials_profiles.show            deny
filer       POST officials_profiles.show            deny
filer       GET  officials_ledger.index             deny
filer       POST officials_ledger.export            deny
filer       GET  accounts.users                     deny
filer       POST accounts.change_user               deny
filer       POST accounts.end_membership            deny
filer       GET  accounts.people                    deny
filer       GET  banks_products.index               deny
signatory   POST officials_pairings.show            deny
signatory   POST officials_pairings.revoke          deny
signatory   GET  officials_ledger.index             deny
signatory   POST accounts.change_user               deny
signatory   GET  officials_organizations.index      deny
officer     GET  firms_profile.edit                 deny
officer     POST firms_profile.edit                 deny
officer     POST firms_consents.withdraw            deny
officer     POST officials_pairings.show            deny
officer     GET  officials_pairings.show            deny
officer     GET  officials_profiles.show            deny
officer     POST officials_pairings.confirm_bulk    deny
officer     POST officials_ledger.export            deny
officer     POST accounts.change_user               deny
officer     GET  officials_organizations.index      deny
officer     POST dossiers.read                      reach
buyer       GET  firms_profile.edit                 deny
buyer       POST officials_pairings.show            deny
buyer       GET  officials_profiles.show            deny
buyer       GET  banks_products.index               deny
buyer       POST firms_consents.withdraw            deny
buyer       POST officials_ledger.export            deny
buyer       POST accounts.change_user               deny
official    POST firms_profile.edit                 deny
official    POST firms_consents.withdraw            deny
official    POST dossiers.read                      deny
official    GET  accounts.users                     deny
official    POST accounts.change_user               deny
official    GET  banks_products.index               deny
official    POST officials_pairings.show            reach
official    POST officials_ledger.export            reach
coordinator POST firms_profile.edit                 deny
coordinator POST firms_consents.withdraw            deny
coordinator POST dossiers.read                      deny
coordinator POST accounts.change_user               deny
auditor     POST officials_pairings.show            deny
auditor     POST officials_pairings.revoke          deny
auditor     POST officials_pairings.confirm_bulk    deny
auditor     GET  officials_profiles.show            deny
auditor     POST officials_profiles.show            deny
auditor     POST dossiers.read                      deny
auditor     POST accounts.change_user               deny
auditor     POST officials_ledger.export            reach
admin       GET  officials_profiles.show            deny
admin       POST officials_pairings.show            deny
admin       GET  officials_ledger.index             deny
admin       POST dossiers.read                      deny
admin       POST firms_consents.withdraw            deny
"""
_ROWS = [tuple(line.split()) for line in CELLS.strip().splitlines()]
_KIND_OF_ROLE = {role: kind for kind, roles in ROLES_OF_KIND.items() for role in roles}


def test_there_are_sixty_different_cells():
    assert len(set(_ROWS)) == len(_ROWS) == 60


@pytest.mark.parametrize("role", sorted({row[0] for row in _ROWS}))
def test_the_cells_of_a_role_hold(app, session, sign_in_as, role):
    kind = _KIND_OF_ROLE[Role(role)]
    has_chain = kind in (OrganizationKind.ENTERPRISE, OrganizationKind.CHAIN_OFFICE)
    organization = make_organization(session, kind, chain_id=make_chain(session).id if has_chain else None)
    client = sign_in_as(make_user(session, organization, Role(role)))
    wrong = {}
    for _role, method, endpoint, expected in (row for row in _ROWS if row[0] == role):
        rules = [rule for rule in app.url_map.iter_rules(endpoint) if method in rule.methods]
        assert rules, f"{method} {endpoint} is no route any more"
        with app.test_request_context():
            url = rules[0].build(dict.fromkeys(rules[0].arguments, "222222222222"))[1]
        status = client.open(url, method=method).status_code
        if (status == 403) != (expected == "deny"):
            wrong[f"{method} {endpoint}"] = status
    assert wrong == {}
