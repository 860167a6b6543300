"""Webhooks of the own organization: made with a fresh proof, stopped, resumed; every message with what became of it."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length, ValidationError

from access import webhooks as lists
from access.permissions import Permission
from vocabulary.integrations import WAITS_MINUTES, WEBHOOKS_AT_ONCE, WebhookEvent
from web.common.database import db
from web.common.fields import ChecksField, Form
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from workflows import webhooks
from workflows.errors import NotComplete

blueprint = Blueprint("integrations_webhooks", __name__, url_prefix="/webhooks")


class WebhookForm(Form):
    """Where, and of what."""

    url = StringField(
        _l("接收地址"), [InputRequired(_l("请填写。")), Length(max=500)],
        description=_l("以 https:// 开头，不能是内网地址"),
    )  # fmt: skip
    events = ChecksField(_l("推送什么"), WebhookEvent)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.events.only = frozenset(lists.events_of(current_actor()))

    def validate_events(self, field: ChecksField) -> None:
        """Said together with what else is missing."""
        if not field.data:
            raise ValidationError(_("请至少选择一项。"))

    def refuse(self, problems: dict[str, str]) -> None:
        """Show each problem beside its field."""
        words = {
            "required": _("请填写。"),
            "not_https": _("须以 https:// 开头。"),
            "is_inside": _("不能是内网地址。"),
            "too_many": _("最多 %(n)s 个推送地址。", n=WEBHOOKS_AT_ONCE),
        }
        for name, code in problems.items():
            self[name].errors = [words.get(code, _("不是可用的网址。"))]


def failure_words(code: str) -> str:
    """Why a try failed."""
    words = {
        "answer": _("对方没有以 2xx 回答"),
        "timeout": _("对方没有及时回答"),
        "unreachable": _("连接不上"),
        "certificate": _("对方的证书不可信"),
        "is_inside": _("地址指向内网"),
        "sealed": _("应用密钥已更换，请重新建立推送地址"),
    }
    return words.get(code, _("不能发送")) if code else ""


@blueprint.get("/")
@requires(Permission.MANAGE_INTEGRATIONS)
def index() -> ResponseReturnValue:
    return _page(WebhookForm(formdata=None))


def _page(form: WebhookForm, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "integrations/webhooks.html", form=form, rows=lists.own_webhooks(db(), current_actor())
    ), status


@blueprint.post("/")
@requires(Permission.MANAGE_INTEGRATIONS)
@fresh
def make() -> ResponseReturnValue:
    """The secret that messages are signed with is on the answer itself, and nowhere afterwards."""
    form, settings = WebhookForm(), current_app.config["SETTINGS"]
    if not form.validate():
        return _page(form, 422)
    try:
        webhook, secret = webhooks.make(
            db(),
            current_actor(),
            url=(form.url.data or "").strip(),
            events=[WebhookEvent(event) for event in form.events.data or ()],
            key=settings.key,
            may_be_inside=settings.webhooks_inside,
        )
    except NotComplete as error:
        form.refuse(error.problems)
        return _page(form, 422)
    return render_template("integrations/webhook_made.html", webhook=webhook, secret=secret)


@blueprint.get("/<public_id>")
@requires(Permission.MANAGE_INTEGRATIONS)
def page(public_id: str) -> ResponseReturnValue:
    """Every message to one address, newest first."""
    webhook, number = lists.own_webhook(db(), current_actor(), public_id), requested_page()
    rows, total = lists.deliveries(db(), webhook, page=number, size=SIZE)
    return render_template(
        "integrations/deliveries.html", webhook=webhook, page=Page(rows, number, total), why=failure_words,
        most=len(WAITS_MINUTES) + 1, known=[WebhookEvent(event) for event in webhook.events],
    )  # fmt: skip


@blueprint.post("/<public_id>/stop")
@requires(Permission.MANAGE_INTEGRATIONS)
def stop(public_id: str) -> ResponseReturnValue:
    webhooks.stop(db(), current_actor(), lists.own_webhook(db(), current_actor(), public_id))
    flash(_("已停止，不再推送。"), "success")
    return redirect(url_for(".page", public_id=public_id), 303)


@blueprint.post("/<public_id>/resume")
@requires(Permission.MANAGE_INTEGRATIONS)
def resume(public_id: str) -> ResponseReturnValue:
    webhooks.resume(db(), current_actor(), lists.own_webhook(db(), current_actor(), public_id))
    flash(_("已恢复，从现在起推送。"), "success")
    return redirect(url_for(".page", public_id=public_id), 303)


@blueprint.post("/<public_id>/deliveries/<delivery_id>/again")
@requires(Permission.MANAGE_INTEGRATIONS)
def again(public_id: str, delivery_id: str) -> ResponseReturnValue:
    """Try a message anew that was given up."""
    webhook = lists.own_webhook(db(), current_actor(), public_id)
    webhooks.try_again(db(), current_actor(), webhook, lists.delivery(db(), webhook, delivery_id))
    flash(_("已重新排队，几秒内推送。"), "success")
    return redirect(url_for(".page", public_id=public_id), 303)
