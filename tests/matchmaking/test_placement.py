"""Proposals of links: from industry and words, pure, with reasons that add up."""

import pytest

from matchmaking.placement import FirmToPlace, LinkToFill, PlacementSettings, ReasonCode, closest, propose_links

LINKS = [
    LinkToFill(1, "铜材与有色金属加工。裸铜线、镀锡铜线、铜排", ("321", "325")),
    LinkToFill(2, "电线电缆。电力电缆、控制电缆、布电线", ("3831", "3832")),
    LinkToFill(3, "变压器与互感器。配电变压器、干式变压器", ("3821",)),
]


def test_a_copper_firm_goes_to_copper_for_its_industry_and_its_words():
    [found] = propose_links([FirmToPlace(7, "裸铜线、镀锡铜线", "3251")], LINKS)
    assert (found.firm_id, found.link_id) == (7, 1)
    assert {reason.code for reason in found.reasons} == set(ReasonCode)
    assert sum(reason.points for reason in found.reasons) == pytest.approx(found.score)
    assert 0 < found.score <= 1
    words = next(reason for reason in found.reasons if reason.code is ReasonCode.WORDS)
    assert words.matched == ("镀锡铜线", "裸铜线")


def test_without_an_industry_the_words_carry_all_the_weight():
    [found] = propose_links([FirmToPlace(7, "干式变压器和配电变压器", None)], LINKS)
    assert (found.link_id, [reason.code for reason in found.reasons]) == (3, [ReasonCode.WORDS])


def test_without_words_the_industry_does():
    [found] = propose_links([FirmToPlace(7, "", "3831")], LINKS)
    assert (found.link_id, found.score) == (2, 1.0)


def test_nothing_known_or_nothing_near_gives_no_proposal():
    firms = [FirmToPlace(1, "", None), FirmToPlace(2, "水稻种植与销售", "0111")]
    assert propose_links(firms, LINKS) == []
    assert propose_links(firms, []) == []
    assert propose_links([], LINKS) == []


def test_order_of_links_and_company_of_other_firms_change_nothing():
    firm = FirmToPlace(7, "控制电缆", "3831")
    alone = propose_links([firm], LINKS)
    among = propose_links([FirmToPlace(1, "裸铜线", "3251"), firm], LINKS[::-1])
    assert among[1:] == alone


def test_a_tie_goes_to_the_lower_id():
    twins = [LinkToFill(9, "电缆", ("3831",)), LinkToFill(4, "电缆", ("3831",))]
    [found] = propose_links([FirmToPlace(7, "电缆", "3831")], twins)
    assert found.link_id == 4


@pytest.mark.parametrize(
    ("code", "prefixes", "closeness"),
    [
        ("3251", ("325",), (1.0, "325")),
        ("3251", ("3252", "01"), (0.7, "3252")),
        ("3251", ("321",), (0.3, "321")),
        ("3251", ("3831",), (0.0, "3831")),
        ("3251", (), (None, "")),
        (None, ("325",), (None, "")),
        ("3251", ("unknown",), (None, "")),
    ],
)
def test_closeness_of_industries_follows_the_tree(code, prefixes, closeness):
    assert closest(code, prefixes) == closeness


def test_settings_are_checked():
    with pytest.raises(ValueError, match="weights"):
        PlacementSettings(industry_weight=0, words_weight=0)
