"""What is wrong with what was filled in about a problem."""

from flask_babel import gettext as _

from web.common.fields import Form
from workflows.errors import NotComplete


def show_problems(form: Form, refused: NotComplete) -> None:
    """Put each refusal beside its field, or above the form where it has none."""
    words = {
        "required": _("请填写。"),
        "in_past": _("不能早于今天。"),
        "no_chain": _("请先在企业档案中填写所属产业链，问题才能转到对应的链办。"),
    }
    for name, code in refused.problems.items():
        if name in form._fields:
            form._fields[name].errors = [words[code]]
        else:
            form.form_errors.append(words[code])
