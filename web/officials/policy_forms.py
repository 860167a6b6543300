"""What the joint office fills in for a policy scenario."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from vocabulary.classifications import GuaranteeMethod, LoanPurpose, Market, TaxGrade
from vocabulary.policy import PolicyManner, PolicyRule
from web.common.fields import BandField, CodeField, CountField, Form, RateField
from web.common.labels import label
from web.common.policy_words import refusal_words
from workflows.errors import NotComplete
from workflows.policy_scenarios import ScenarioValues

_REQUIRED = _l("请填写。")
WEIGHT = "weight_"


def show_problems(form: Form, refused: NotComplete) -> None:
    """Put each problem beside its field, or above the form where it has none."""
    for name, code in refused.problems.items():
        field = form._fields.get(name) or form._fields.get(WEIGHT + name)
        if field is None:
            form.form_errors.append(refusal_words(code))
        else:
            field.errors = [refusal_words(code)]


def _row(value: Any) -> int | None:
    return int(value) if str(value or "").isdecimal() else None


class ScenarioForm(Form):
    title = StringField(_l("方案名称"), [DataRequired(_REQUIRED), Length(max=120)])
    reason = TextAreaField(_l("理由"), [DataRequired(_REQUIRED), Length(max=500)], render_kw={"rows": 2})


class TermsForm(ScenarioForm):
    """A limit of loan products; `value` is added for the rule."""

    manner = CodeField(_l("方向"), PolicyManner, blank=False, default=PolicyManner.RELAX)
    bank_id = SelectField(_l("只对这家银行"), coerce=_row, validate_choice=False)
    supply_id = SelectField(_l("只对这个产品"), coerce=_row, validate_choice=False)
    purpose = CodeField(_l("只对这种贷款用途"), LoanPurpose)

    def values_for(self, rule: PolicyRule) -> ScenarioValues:
        values = {name: value for name, value in self.values().items() if name in ScenarioValues.__dataclass_fields__}
        manner = values.get("manner")
        values["manner"] = PolicyManner(manner) if manner and rule is not PolicyRule.INTEREST else None
        return ScenarioValues(rule=rule, **values)


def terms_form(rule: PolicyRule, banks: list[tuple[int, str]], products: list[tuple[int, str, str]]) -> TermsForm:
    """The form of one rule with what may be chosen."""
    name = label(rule)
    fields: dict[PolicyRule, Any] = {
        PolicyRule.REVENUE_BAND: BandField(name, scale="revenue"),
        PolicyRule.DEBT_RATIO_BAND: BandField(name, scale="debt_ratio"),
        PolicyRule.OPERATING_MONTHS: CountField(name, [Optional()]),
        PolicyRule.TAX_GRADES: CodeField(name, TaxGrade),
        PolicyRule.GUARANTEE_METHODS: CodeField(name, GuaranteeMethod),
        PolicyRule.INTEREST: RateField(_("年利率降低"), [Optional()]),
    }
    form_type: Any = type("RuleForm", (TermsForm,), {"value": fields[rule]})
    form: Any = form_type()
    if rule in (PolicyRule.TAX_GRADES, PolicyRule.GUARANTEE_METHODS):
        form.manner.label.text = _("增加（放宽）或去掉（收紧）")
    if rule is PolicyRule.INTEREST:
        del form.manner
    form.bank_id.choices = [("", _("全部银行")), *banks]
    form.supply_id.choices = [("", _("全部产品")), *((row_id, f"{bank} · {title}") for row_id, bank, title in products)]
    found: TermsForm = form
    return found


def weights_form(present: dict[str, float]) -> Any:
    """A field for each aspect that weighs something as declared, in points of a hundredth."""
    fields = {WEIGHT + code: CountField(label(code, "ComponentCode"), [Optional()]) for code in present}
    form_type: Any = type("WeightsForm", (ScenarioForm,), fields)
    return form_type(data={WEIGHT + code: round(weight * 100) for code, weight in present.items()})


def weight_values(form: Any, market: Market, present: dict[str, float]) -> ScenarioValues:
    """Weights as fractions; a field left empty keeps the present weight."""
    points = {code: form._fields[WEIGHT + code].data for code in present}
    weights = {code: present[code] if value is None else value / 100 for code, value in points.items()}
    return ScenarioValues(
        title=form.title.data, reason=form.reason.data, rule=PolicyRule.WEIGHTS, market=market, value=weights
    )
