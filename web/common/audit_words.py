"""What the ledger says about an action: `<noun>_<status>` from the lifecycles, other actions by name."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.lifecycles import LIFECYCLES
from web.common.labels import label

NOUNS: dict[str, LazyString] = {
    "organization": _l("单位"),
    "user": _l("账号"),
    "invitation": _l("邀请"),
    "profile_submission": _l("企业档案"),
    "demand": _l("需求"),
    "supply": _l("供给"),
    "pairing": _l("对接"),
    "recommendation_run": _l("推荐计算"),
    "outbox_message": _l("邮件"),
    "roadshow": _l("路演"),
    "roadshow_participant": _l("参会"),
    "roadshow_meeting": _l("一对一洽谈"),
    "supplier_group": _l("多家拼量"),
    "confirmed_order": _l("确认订单"),
    "supplier_share": _l("拼量份额"),
    "consent": _l("授权"),
    "release": _l("授权资料"),
    "case_step": _l("进展"),
    "recommendation": _l("推荐"),
    "membership": _l("成员"),
    "chain": _l("产业链"),
    "chain_link": _l("产业链环节"),
    "firm_placement": _l("在链位置"),
    "declared_tie": _l("利益关联"),
    "branch_capacity": _l("网点受理能力"),
    "assignment_proposal": _l("统筹分配方案"),
    "project": _l("重点项目"),
    "project_report": _l("月度调度"),
    "chain_target": _l("产业链目标"),
    "problem": _l("问题"),
    "gap": _l("断点缺口"),
    "gap_task": _l("招商线索或升级任务"),
    "recognition": _l("梯度认定"),
    "standard_check": _l("五项标准"),
    "office_report": _l("报告"),
    "report_schedule": _l("报告计划"),
    "research_result": _l("科研成果"),
}
_ACTIONS: dict[str, LazyString] = {
    "organization_registered": _l("单位注册"),
    "chain_version_kept": _l("产业链留存新版本"),
    "placement_confirmed": _l("确认企业环节"),
    "placement_ended": _l("移出环节"),
    "placement_standing_set": _l("确定龙头或骨干企业"),
    "tie_declared": _l("申报利益关联"),
    "tie_ended": _l("解除利益关联"),
    "password_changed": _l("更改密码"),
    "second_factor_set_up": _l("启用两步验证"),
    "second_factor_removed": _l("关闭两步验证"),
    "recovery_codes_renewed": _l("重新生成恢复码"),
    "other_sessions_ended": _l("退出其他所有设备"),
    "administrator_set_up": _l("设立系统管理员"),
    "invitation_sent": _l("发出邀请"),
    "membership_ended": _l("移除成员"),
    "pairing_proposed": _l("提出对接"),
    "pairing_first_confirmation": _l("第一位官员同意推荐"),
    "pairing_handler_named": _l("明确联系人"),
    "case_handed_over": _l("交接"),
    "case_followed": _l("明确跟进人"),
    "case_reminded": _l("提醒经办人"),
    "case_escalated_to_chain_office": _l("逾期，报链办"),
    "case_escalated_to_joint_office": _l("逾期，报联席办"),
    "dossier_read": _l("查阅授权资料"),
    "dossier_read_refused": _l("查阅被拒绝（授权已失效）"),
    "order_shown_to_banks": _l("同意向银行出示订单"),
    "order_hidden_from_banks": _l("不再向银行出示订单"),
    "consent_given": _l("给予授权"),
    "consent_withdrawn": _l("撤回授权"),
    "interest_set": _l("表达意向"),
    "interest_unset": _l("收回意向"),
    "shortlist_set": _l("加入候选"),
    "shortlist_unset": _l("移出候选"),
    "dismiss_set": _l("不考虑"),
    "dismiss_unset": _l("恢复考虑"),
    "case_step_recorded": _l("记录进展"),
    "case_step_corrected": _l("更正进展"),
    "case_step_voided": _l("作废进展"),
    "consent_requested": _l("请企业授权"),
    "posting_created": _l("创建草稿"),
    "posting_edited": _l("修改内容"),
    "notice_preferences_changed": _l("更改消息设置"),
    "capacity_stated": _l("调整受理能力"),
    "assignment_proposed": _l("统筹分配测算"),
    "roadshow_planned": _l("筹备路演"),
    "roadshow_changed": _l("变更路演安排"),
    "roadshow_meetings_planned": _l("排定一对一洽谈"),
    "roadshow_meetings_published": _l("发布一对一洽谈"),
    "roadshow_meeting_moved": _l("调整一对一洽谈"),
    "roadshow_stage_accepted": _l("确定上台名单"),
    "roadshow_checked_in": _l("签到"),
    "roadshow_report_frozen": _l("路演报告定稿"),
    "roadshow_session_cancelled": _l("取消路演环节"),
    "profile_submission_submitted": _l("提交档案"),
    "project_filed": _l("项目入库"),
    "project_changed": _l("修改项目"),
    "chain_target_set": _l("设定产业链目标"),
    "recognition_filed": _l("申报认定"),
    "recognition_expiring": _l("提醒认定即将到期"),
    "recognition_expired": _l("认定到期"),
    "standard_checked": _l("核对五项标准"),
    "problem_raised": _l("反映问题"),
    "gap_found": _l("发现断点缺口"),
    "gap_task_set": _l("下达招商线索或升级任务"),
    "office_report_asked": _l("要求出具报告"),
    "office_report_due": _l("报告到期，自动出具"),
    "report_schedule_set": _l("设定按月出具报告"),
    "research_result_added": _l("列入科研成果"),
    "problem_escalated": _l("问题逾期上报"),
    "profile_confirmed_current": _l("确认信息准确"),
}


def action_words(action: str, noun: str) -> str:
    """The words for an action; an action without words is shown by its code, so that nothing is hidden."""
    if action in _ACTIONS:
        return str(_ACTIONS[action])
    for lifecycle in LIFECYCLES.values():
        status = action.removeprefix(f"{lifecycle.noun}_")
        if status != action and status in set(lifecycle.statuses):
            return f"{noun_words(noun)} → {label(lifecycle.statuses(status))}"
    return action


def noun_words(noun: str) -> str:
    return str(NOUNS.get(noun, noun))
