"""The words for the lines and codes of the matrix of rights."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from access.permissions import Action, Reach

RESOURCES: dict[str, LazyString] = {
    "account": _l("本人账号"),
    "colleagues": _l("本单位人员"),
    "office_role": _l("链办、联席办的角色"),
    "administration_role": _l("审计员、系统管理员的角色"),
    "accounts": _l("全部账号"),
    "organization": _l("单位核验"),
    "profile_public": _l("企业档案：公开部分"),
    "profile_confidential": _l("企业档案：保密部分"),
    "document": _l("企业文件"),
    "recognition": _l("梯度认定"),
    "financing_need": _l("融资需求"),
    "product_line": _l("产品与产能"),
    "loan_product": _l("贷款产品"),
    "purchase_need": _l("采购需求"),
    "recommendation": _l("推荐"),
    "pairing": _l("对接"),
    "case": _l("对接进展"),
    "consent": _l("授权"),
    "roadshow": _l("路演"),
    "roadshow_report": _l("路演报告"),
    "chain": _l("产业链"),
    "project": _l("重点项目"),
    "problem": _l("问题"),
    "gap": _l("断点缺口"),
    "report": _l("报告"),
    "dashboard": _l("看板"),
    "policy": _l("政策推演"),
    "model": _l("模型版本"),
    "model_effect": _l("模型对企业的影响"),
    "tie": _l("利益关联"),
    "ledger": _l("操作留痕"),
    "permissions": _l("权限表"),
    "mail": _l("邮件发送"),
    "job": _l("后台任务"),
    "integration": _l("接口与系统对接"),
    "system": _l("系统状态和运行参数"),
    "reference_data": _l("基础数据"),
}
ACTIONS: dict[Action, LazyString] = {
    Action.READ: _l("查看"),
    Action.WRITE: _l("编辑"),
    Action.DECIDE: _l("审定"),
    Action.EXPORT: _l("导出"),
}
REACHES: dict[Reach, LazyString] = {
    Reach.OWN: _l("本单位"),
    Reach.PUBLIC: _l("公开部分"),
    Reach.BAND: _l("公开部分和区间"),
    Reach.RELEASED: _l("授权资料"),
    Reach.CHAIN: _l("本链"),
    Reach.ALL: _l("全部"),
    Reach.META: _l("仅何人何时何事"),
    Reach.SECOND: _l("须第二人"),
    Reach.REASON: _l("须写明理由"),
}
MEANINGS: dict[Reach, LazyString] = {
    Reach.OWN: _l("只限本单位的，或本单位作为一方的。"),
    Reach.PUBLIC: _l("名称、产业链、产品、层级、县区、行业等对登录者公开的内容。"),
    Reach.BAND: _l("在公开部分之外，营业收入、人数、负债率、纳税、抵押物只显示所在区间。"),
    Reach.RELEASED: _l("对接审定后，企业授权书写明的那些项目，按授权时的内容固定；采购方看不到纳税和抵押物。"),
    Reach.CHAIN: _l("只限本链办所管产业链的；其他链的等同于不存在。"),
    Reach.ALL: _l("不分产业链和单位。"),
    Reach.META: _l("只看到谁在何时做了什么，看不到任何数值。"),
    Reach.SECOND: _l("超过限额或授予角色时，须由另一人同意；同一人不算两次。"),
    Reach.REASON: _l("先写明理由才显示，理由记入操作留痕，企业看得到。"),
}
