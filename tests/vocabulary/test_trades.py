"""What a notice asks for, and which industry its words name."""

import pytest

from vocabulary import industries
from vocabulary.notices import content, subject
from vocabulary.trades import codes_by_word, guess_industry


def test_every_trade_word_names_a_known_industry():
    assert {code for code in codes_by_word().values() if code not in industries.by_code()} == set()


@pytest.mark.parametrize(
    ("phrase", "code"),
    [
        ("干线维护光缆", "3833"),
        ("光缆接头盒", "392"),
        ("蓄电池", "384"),
        ("某校蓄电池维护服务", "435"),
        ("通信管道施工", "48"),
        ("智慧能碳管理平台", "65"),
        ("裸铜线、镀锡铜线", "3251"),
        ("其他建材Ⅲ", "302"),
        ("UPS及配套", "3824"),
        ("", None),
        ("某某", None),
    ],
)
def test_the_last_word_of_a_phrase_says_what_it_is(phrase, code):
    assert guess_industry(phrase) == code


def test_the_next_text_is_asked_only_where_the_first_names_nothing():
    assert guess_industry("某项目", "铜排和变压器") == "3821"
    assert guess_industry("铜排", "变压器") == "3251"


@pytest.mark.parametrize(
    ("title", "left"),
    [
        (
            "铁塔能源有限公司福建分公司2026年宁德电信局楼屋面发电服务项目比选公告",
            "宁德电信局楼屋面发电服务",
        ),
        (
            "2026年中国电信股份有限公司莆田分公司智慧能碳管理平台（一期）项目(重新招标）招标公告",
            "智慧能碳管理平台（一期）",
        ),
        ("中国移动江西公司2026年统一纳管系统维保服务采购项目_直接采购信息公告", "统一纳管系统维保服务"),
        ("2026-2027年绍兴联通消防系统设施设备维保服务采购项目（第二次）询比采购公告", "消防系统设施设备维保服务"),
        ("采购裸铜线500吨", "采购裸铜线500吨"),
        ("采购公告", "采购公告"),
    ],
)
def test_a_title_loses_the_buyer_the_year_and_the_kind_of_notice(title, left):
    assert subject(title) == left


def test_a_text_loses_what_every_notice_says():
    text = "本项目拟采购光伏组件、逆变器及安装施工，具体要求详见技术规范书。资金来源为自筹。"
    assert content(text) == "光伏组件、逆变器及安装施工"
