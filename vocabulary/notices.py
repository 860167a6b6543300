"""What a purchase notice is about, without what every notice says."""

import re

_BRACKETS = re.compile(
    r"[（(【\[](第?[一二三四五六七八九十0-9]+次|二次|重新[^）)]{0,4}|变更|比选|单一来源采购|询比采购?，?[^）)]*|招标)[）)】\]]"
)
_STAGE = re.compile(
    r"[-_－—－]*(采购)?(项目)?[-_－—]*(直接|公开|集中|小额|竞价|询比|比选|询价|单一来源|公开竞争性谈判|招标|询比采购)*"
    r"(采购)?(信息|事前|意见)?(预?公告|预?公示|公告变更|通知|邀请)(变更)?$"
)
_BUYER = re.compile(r"^.*公司(?=.{5})")
_BUYER_BY_BRAND = re.compile(r"^(关于)?(征[求询集])?.{0,4}(铁塔|电信|移动|联通)(?!互联网|通信|端|拨测|油机|应用|电源)")
_YEARS = re.compile(r"20\d\d\s*(年度?)?\s*([-—–至~]+\s*20\d\d\s*年?度?)?(年度?)?")
_TAIL = re.compile(r"(技术规范书(意见)?|[-_－—]|采购项目预?|项目|集中采购|采购|集中|框架|选聘|重新招标)+(的)?$")
_HEAD = re.compile(r"^(关于)?(征[求询集])?(意见的?)?[-_－—：:\s]*")
_BOILERPLATE = re.compile(
    r"简要描述|已经审批|资金来源|业务(发展)?(需要|需求)|启动本次|进行公开|技术规范书|招标文件|询比文件|详见|预算|反馈|"
    r"重新询比|重新招标|采购周期|产品或服务名称|采购需求概况|标包划分|采购范围及内容|不含税|含税"
)
_BUYER_IN_TEXT = re.compile(r"(中国)?(铁塔|电信|移动|联通)\S{0,16}?(分公司|公司)")
_INTRODUCES = re.compile(
    r"^[\s\d.、（）()【\[：:及]*(采购内容|内容及要求)?(本次|本项目|本期|该项目|此次)*(拟|主要|计划)*"
    r"(采购|启动|完成)?(以下)?(内容|范围)?[为：:是]*\s*"
)


def subject(title: str) -> str:
    """What a title asks for: without the buyer, the years, the round and the kind of notice.

    `铁塔能源有限公司福建分公司2026年宁德电信局楼屋面发电服务项目比选公告` -> `宁德电信局楼屋面发电服务`.
    A title of which too little would be left stays whole.
    """
    text = _BRACKETS.sub("", "".join(title.split()))
    text = _STAGE.sub("", text)
    without_buyer = _BUYER.sub("", text)
    if without_buyer == text:
        without_buyer = _BUYER_BY_BRAND.sub("", _YEARS.sub("", text))
    text = _HEAD.sub("", _YEARS.sub("", without_buyer))
    text = _TAIL.sub("", text) or text
    return text if len(text) >= 4 else title.strip()


def content(text: str) -> str:
    """What is to be bought: the clauses of the text without those about the procedure."""
    clauses = re.split(r"(?<=[。；;，,])", text)
    kept = [
        _INTRODUCES.sub("", _BUYER_IN_TEXT.sub("", _YEARS.sub("", clause)))
        for clause in clauses
        if not _BOILERPLATE.search(clause)
    ]
    return "".join(kept).strip(" 【】[]：:，,；;。/")
