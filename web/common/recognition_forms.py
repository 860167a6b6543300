"""The form of a title, for the firm that files it and the office that enters it, and what is wrong with it."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from vocabulary.recognitions import RecognitionKind
from web.common.fields import CodeField, Form
from web.common.uploads import MAX_MB, attributes, document_problem, received
from workflows.errors import NotComplete
from workflows.file_content import PAGES
from workflows.files import Upload
from workflows.recognitions import RecognitionFacts

_REQUIRED = _l("请填写。")


class RecognitionForm(Form):
    kind = CodeField(_l("认定类别"), RecognitionKind, validators=[DataRequired(_l("请从列表中选择。"))])
    issuer = StringField(
        _l("认定机关"), [DataRequired(_REQUIRED), Length(max=120)], description=_l("如：湖南省工业和信息化厅")
    )
    number = StringField(_l("证书编号或公布文号"), [Length(max=80)], filters=[lambda text: text or ""])
    issued_on = DateField(_l("认定日期"), [InputRequired(_REQUIRED)])
    expires_on = DateField(_l("有效期至"), [Optional()], description=_l("不填则按通常的有效期：三年，规上企业一年"))

    def facts(self) -> RecognitionFacts:
        assert self.issued_on.data is not None
        return RecognitionFacts(
            RecognitionKind(self.kind.data), self.issuer.data or "", self.number.data or "", self.issued_on.data,
            self.expires_on.data,
        )  # fmt: skip


class FileRecognitionForm(RecognitionForm):
    documents = FileField(
        _l("证书或公布名单"),
        description=_l("PDF、PNG 或 JPEG，不超过 %(n)s MB", n=MAX_MB),
        render_kw=attributes(PAGES),
    )

    def uploads(self) -> list[Upload]:
        return received((self.documents.data,))


class EnterRecognitionForm(RecognitionForm):
    ground = TextAreaField(
        _l("核对依据"), [DataRequired(_REQUIRED), Length(max=500)], render_kw={"rows": 2},
        description=_l("如：与省工信厅公布的名单核对，第 12 号"),
    )  # fmt: skip


def show_problems(form: Form, refused: NotComplete) -> None:
    """Put each refusal beside its field."""
    for name, code in refused.problems.items():
        form._fields[name].errors = [_problem_words(code)]


def _problem_words(code: str) -> str:
    return (
        document_problem(code)
        or {
            "required": _("请填写。"),
            "in_future": _("不能晚于今天。"),
            "before_start": _("不能早于认定日期。"),
        }[code]
    )
