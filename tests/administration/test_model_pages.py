"""Model versions on screen: each role finds its steps and no others."""

import pytest

from tests.factories import actor_of, make_organization, make_user
from tests.model_worlds import better, train
from vocabulary.roles import OrganizationKind
from workflows import model_versions
from workflows.calendar import today


@pytest.fixture
def people(session):
    kinds = (OrganizationKind.IT_OFFICE, OrganizationKind.JOINT_OFFICE, OrganizationKind.AUDIT_OFFICE)
    offices = [make_organization(session, kind) for kind in kinds]
    return [(make_user(session, office), office) for office in offices]


def test_training_is_asked_for_done_as_a_job_and_its_report_read(sign_in_as, people, do_jobs):
    client = sign_in_as(people[0][0])
    assert "还没有模型版本" in client.get("/models/").text
    asked = client.post("/models/train/finance")
    assert "/in-progress/" in asked.headers["Location"]
    assert "训练中" in client.get("/models/").text
    assert do_jobs() == 1
    done = client.get(asked.headers["Location"])
    page = client.get(done.headers["Location"]).text
    assert "判断太少，不足以学习" in page
    assert "未采用" in page
    assert client.post("/models/train/nothing").status_code == 404


def test_proposed_put_to_use_and_rolled_back_by_those_who_may(sign_in_as, session, people):
    (admin, it_office), (lead, _), (auditor, _) = people
    version = better(session, actor_of(admin, it_office))
    page = f"/models/{version.public_id}"
    trains, decides, reads = (sign_in_as(one) for one in (admin, lead, auditor))
    assert "提出影子运行" in trains.get(page).text
    assert f"{page}/promote" not in trains.get(page).text
    assert 'method="post" action="/models' not in reads.get(page).text
    assert reads.post(f"{page}/promote", data={"reason": "x"}).status_code == 403
    trains.post(f"{page}/propose")
    assert "影子运行一夜之后" in decides.get(page).text
    session.refresh(version)
    version.shadow_on = today()
    session.commit()
    decides.post(f"{page}/promote", data={"reason": ""})
    assert "请写明原因" in decides.get(page).text
    decides.post(f"{page}/promote", data={"reason": "确实更好"})
    assert "使用中" in decides.get(page).text
    decides.post(f"{page}/roll-back", data={"reason": "名单变差"})
    text = reads.get(page).text
    assert "不再使用" in text
    assert "名单变差" in text


def test_the_report_names_every_order_and_two_versions_stand_side_by_side(sign_in_as, session, people):
    (admin, office), *_ = people
    actor = actor_of(admin, office)
    first, second = better(session, actor), train(session, actor, n=80)
    client = sign_in_as(admin)
    text = client.get(f"/models/{first.public_id}").text
    for words in ("本版本", "训练时的现行权重", "只看准入条件", "最新发布的在前", "成功最多的在前", "确实更好"):
        assert words in text
    assert f"/models/{first.public_id}/beside/{second.public_id}" in text
    both = client.get(f"/models/{first.public_id}/beside/{second.public_id}").text
    assert "融资对接模型第 1 版 · 融资对接模型第 2 版" in both
    assert model_versions.is_intact(first)
