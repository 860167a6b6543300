"""Forms of the account pages."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, PasswordField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Email, EqualTo, InputRequired, Length, Optional

from vocabulary.roles import SELF_REGISTERING, OrganizationKind
from web.common.fields import Form, PickerField, UsccField
from web.common.identity import has_second_factor
from web.common.labels import label
from web.common.languages import LANGUAGES
from workflows.passwords import SHORTEST, SHORTEST_WITH_FACTOR, PasswordProblem, password_problem

REQUIRED = DataRequired(_l("请填写。"))
_EMAIL = Email(_l("邮箱格式不正确。"))
_SAME = EqualTo("password", _l("两次输入的密码不一致。"))


def password_message(code: PasswordProblem, *, has_factor: bool = False) -> str:
    """The sentence for a reason why a password is refused."""
    messages = {
        PasswordProblem.SHORT: _("密码至少 %(n)s 位。", n=SHORTEST_WITH_FACTOR if has_factor else SHORTEST),
        PasswordProblem.LONG: _("密码太长。"),
        PasswordProblem.COMMON: _("密码太常见，请换一个不易猜到的。"),
        PasswordProblem.PERSONAL: _("密码不能由姓名或邮箱构成。"),
    }
    return str(messages[code])


class _GoodPassword:
    """Refuses a new password that is short, common or made of the names given in the same form."""

    def __call__(self, form: Any, field: Any) -> None:
        words = tuple(form[name].data or "" for name in ("email", "full_name", "legal_name") if name in form)
        has_factor = has_second_factor()
        if problem := password_problem(field.data or "", own_words=words, has_factor=has_factor):
            raise ValidationError(password_message(problem, has_factor=has_factor))


class SignInForm(Form):
    email = StringField(_l("邮箱"), [REQUIRED, Length(max=254)], render_kw={"autocomplete": "username"})
    password = PasswordField(_l("密码"), [REQUIRED, Length(max=200)], render_kw={"autocomplete": "current-password"})


class CodeForm(Form):
    code = StringField(
        _l("验证码"), [REQUIRED, Length(max=20)], render_kw={"autocomplete": "one-time-code", "autocapitalize": "none"}
    )


class RegisterForm(Form):
    """An organization and its first person."""

    kind = SelectField(_l("单位类型"), validate_choice=True)
    uscc = UsccField(_l("统一社会信用代码"), [REQUIRED], description=_l("18 位，见营业执照；字母不分大小写"))
    legal_name = StringField(_l("单位名称"), [REQUIRED, Length(max=120)], description=_l("与营业执照一致"))
    region_code = PickerField(
        _l("所在地区"), [InputRequired(_l("请填写。"))], picker="regions", description=_l("可输入汉字、拼音或代码")
    )
    chain_code = SelectField(_l("所属产业链"), default="", description=_l("企业必选；银行和采购单位不用选"))
    phone = StringField(_l("单位电话"), [REQUIRED, Length(max=30)], render_kw={"autocomplete": "tel"})
    full_name = StringField(_l("您的姓名"), [REQUIRED, Length(max=80)], render_kw={"autocomplete": "name"})
    email = StringField(_l("邮箱"), [REQUIRED, _EMAIL, Length(max=254)], render_kw={"autocomplete": "email"})
    password = PasswordField(_l("密码"), [REQUIRED, _GoodPassword()], render_kw={"autocomplete": "new-password"})
    again = PasswordField(_l("再输一次密码"), [REQUIRED, _SAME], render_kw={"autocomplete": "new-password"})
    agreed = BooleanField(_l("我确认所填信息真实，并同意按授权使用"), [DataRequired(_l("请先确认。"))])

    def __init__(self, chains: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = [(kind.value, label(kind)) for kind in SELF_REGISTERING]
        self.chain_code.choices = [("", _("请选择")), *chains]
        self.password.description = _("至少 %(n)s 位", n=SHORTEST)

    def validate_chain_code(self, field: SelectField) -> None:
        if self.kind.data == OrganizationKind.ENTERPRISE and not field.data:
            raise ValidationError(_("请从列表中选择。"))


class DetailsForm(Form):
    """What a person says of himself; the e-mail is the account and stays."""

    full_name = StringField(_l("姓名"), [REQUIRED, Length(max=80)], render_kw={"autocomplete": "name"})
    title = StringField(_l("职务"), [Length(max=80)], render_kw={"autocomplete": "organization-title"})
    phone = StringField(_l("电话"), [Length(max=30)], render_kw={"autocomplete": "tel"})
    language = SelectField(_l("界面和邮件语言"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.language.choices = list(LANGUAGES.items())


class ForgotForm(Form):
    email = StringField(_l("邮箱"), [REQUIRED, _EMAIL, Length(max=254)])


class NewPasswordForm(Form):
    password = PasswordField(_l("新密码"), [REQUIRED, _GoodPassword()], render_kw={"autocomplete": "new-password"})
    again = PasswordField(_l("再输一次密码"), [REQUIRED, _SAME], render_kw={"autocomplete": "new-password"})


class ChangePasswordForm(NewPasswordForm):
    current = PasswordField(_l("当前密码"), [REQUIRED], render_kw={"autocomplete": "current-password"})


class AcceptForm(Form):
    full_name = StringField(_l("您的姓名"), [REQUIRED, Length(max=80)])
    password = PasswordField(_l("密码"), [REQUIRED, _GoodPassword()], render_kw={"autocomplete": "new-password"})
    again = PasswordField(_l("再输一次密码"), [REQUIRED, _SAME], render_kw={"autocomplete": "new-password"})


class GrantForm(Form):
    """Somebody to be let into an office or the administration."""

    organization = SelectField(_l("单位"), validators=[REQUIRED])
    email = StringField(_l("邮箱"), validators=[REQUIRED, Length(max=254), _EMAIL])
    ends_on = DateField(_l("有效期至"), validators=[Optional()], description=_l("不填则长期有效"))
    note = TextAreaField(_l("提请理由"), validators=[REQUIRED, Length(max=1000)])


class EndMembershipForm(Form):
    reason = TextAreaField(_l("原因"), [REQUIRED, Length(max=500)], render_kw={"rows": 3})


class InviteForm(Form):
    email = StringField(_l("邮箱"), [REQUIRED, _EMAIL, Length(max=254)])
    role = SelectField(_l("角色"))
    branch = StringField(_l("支行或部门"), [Length(max=80)])
    ends_on = DateField(_l("有效期至"), [Optional()], description=_l("可不填；到期后权限自动失效"))


class ReturnedOrganizationForm(Form):
    uscc = UsccField(_l("统一社会信用代码"), [REQUIRED])
    legal_name = StringField(_l("单位名称"), [REQUIRED, Length(max=120)])
