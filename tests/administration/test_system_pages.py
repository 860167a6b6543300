"""The administrator's pages of what runs here: settings without secrets, sizes, the last backup; accounts and
organizations found by filters."""

import json
import os
import re

import pytest

from config import Settings
from tests.factories import make_organization, make_user
from vocabulary.roles import OrganizationKind
from web.administration.setting_words import MEANINGS, SECRET
from workflows import backups, clocks, files


@pytest.fixture
def admin(session, sign_in_as):
    return sign_in_as(make_user(session, make_organization(session, OrganizationKind.IT_OFFICE)))


def test_every_setting_is_explained_once_and_whatever_looks_secret_is_hidden():
    explained = [name for _title, words in MEANINGS for name in words]
    fields = {*Settings.model_fields, *clocks.ClockLimits.model_fields, *files.FileLimits.model_fields}
    assert sorted(explained) == sorted(fields)
    assert {name for name in fields if re.search(r"key|password$|secret|token|url", name)} == SECRET


def test_settings_in_force_tell_no_secret(app, admin, monkeypatch):
    planted = {name: f"planted-{name}" for name in SECRET} | {"database_url": "postgresql://u:planted-word@db/x"}
    monkeypatch.setitem(app.config, "SETTINGS", Settings(**planted, hold_minutes=77))
    page = admin.get("/system/settings").text
    assert "planted" not in page
    assert page.count("••••••") == len(SECRET)
    assert "<strong>77</strong>" in page


def test_the_state_names_the_newest_backup_that_can_be_read(app, admin, tmp_path, monkeypatch):
    for name, made_at in (("lianrong-1", "2026-11-20T03:30:00+00:00"), ("lianrong-2", "2026-11-21T03:30:00+00:00")):
        (tmp_path / name).mkdir()
        manifest = backups.Manifest(1, made_at, "3.53", "0031", "k", 9, "h", {}, {"user": 4, "pairing": 3})
        (tmp_path / name / "manifest.json").write_text(json.dumps(vars(manifest)))
    (tmp_path / "lianrong-3").mkdir()
    (tmp_path / "lianrong-3" / "manifest.json").write_text("{")
    assert backups.latest(tmp_path) == backups.LastBackup(
        "lianrong-2", backups.datetime(2026, 11, 21, 3, 30, tzinfo=backups.UTC),
        (tmp_path / "lianrong-2" / "manifest.json").stat().st_size, "0031", 7,
    )  # fmt: skip
    dump = tmp_path / "2026-11-22.dump"
    dump.write_bytes(b"12345")
    os.utime(dump, (1795400000, 1795400000))
    assert backups.latest(tmp_path).name == "2026-11-22.dump"
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"backup_dir": tmp_path}))
    assert "2026-11-22.dump" in admin.get("/system/").text


def test_accounts_are_found_by_role_status_and_organization(session, admin):
    bank = make_organization(session, OrganizationKind.BANK, legal_name="城北银行")
    officer = make_user(session, bank, full_name="周经理")
    firm = make_organization(session, legal_name="城南电缆厂")
    make_user(session, firm, full_name="吴厂长")
    session.commit()
    for query, found in (
        ("role=officer", ["周经理"]),
        ("kind=enterprise", ["吴厂长"]),
        (f"organization={bank.public_id}", ["周经理"]),
        ("q=吴厂", ["吴厂长"]),
        ("q=城北银行", ["周经理"]),
        ("status=disabled", []),
    ):
        page = admin.get(f"/users?{query}").text
        assert [name for name in ("周经理", "吴厂长") if name in page] == found, query
    assert admin.post(f"/users/{officer.public_id}/disable").status_code == 303
    assert "周经理" in admin.get("/users?status=disabled").text


def test_ending_sessions_signs_out_and_leaves_the_account(session, sign_in_as, admin):
    person = make_user(session, make_organization(session, OrganizationKind.BANK))
    session.commit()
    theirs = sign_in_as(person)
    assert theirs.get("/account").status_code == 200
    assert admin.post(f"/users/{person.public_id}/end-sessions").status_code == 303
    assert theirs.get("/account").status_code == 302
    assert sign_in_as(person).get("/account").status_code == 200


def test_organizations_of_every_kind_are_found_without_their_figures(session, admin):
    make_organization(session, OrganizationKind.BANK, legal_name="城北银行", phone="0734-1234567")
    make_organization(session, OrganizationKind.CHAIN_OFFICE, legal_name="电缆链办")
    session.commit()
    everything = admin.get("/all-organizations/").text
    assert "城北银行" in everything
    assert "电缆链办" in everything
    assert "0734-1234567" not in everything
    assert "电缆链办" not in admin.get("/all-organizations/?kind=bank").text
    assert "城北银行" in admin.get("/all-organizations/?q=城北").text
