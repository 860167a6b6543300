"""Amounts and telephone numbers do not go by mail, whoever typed them where; goods and days do."""

import pytest

from vocabulary.discretion import discreet, without_figures


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("流动资金贷款2000万元", "流动资金贷款"),
        ("流动资金 1,500.5 万元 扩产", "流动资金 扩产"),
        ("扩产500万", "扩产"),
        ("设备贷五百万元", "设备贷"),
        ("CNY 5 million for copper", "for copper"),
        ("¥3000000 周转", "周转"),
        ("联系 13873412345 王先生", "联系 王先生"),
        ("电话0734-8123456", "电话"),
        ("3亿元", "…"),
        ("采购裸铜线1200吨", "采购裸铜线1200吨"),
        ("年产 18 万吨铜杆", "年产 18 万吨铜杆"),
        ("10万套端子", "10万套端子"),
        ("10kV 交联聚乙烯绝缘料", "10kV 交联聚乙烯绝缘料"),
        ("2026-11-25 09:00", "2026-11-25 09:00"),
    ],
)
def test_figures_are_left_out_and_goods_stay(typed, mailed):
    assert without_figures(typed) == mailed


def test_values_are_searched_however_deep():
    assert discreet({"n": 3, "changes": [{"old": "贷款2000万元", "new": None}]}) == {
        "n": 3,
        "changes": [{"old": "贷款", "new": None}],
    }
