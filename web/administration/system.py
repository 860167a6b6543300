"""What runs here: versions, schema, sizes, the last backup; and every setting in force."""

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic_settings import BaseSettings

from access.lists import system
from access.permissions import Permission
from startup import schema
from web.administration.setting_words import MEANINGS, SECRET
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import backups, clocks, files
from workflows.calendar import city_now

blueprint = Blueprint("administration_system", __name__, url_prefix="/system")
_PACKAGES = (
    "flask", "werkzeug", "waitress", "gunicorn", "sqlalchemy", "sqlmodel", "pydantic", "huey", "numpy", "scikit-learn",
    "chinesecalendar", "cryptography", "typst",
)  # fmt: skip
_TABLES = {
    "organization": _l("单位"), "user": _l("账号"), "pairing": _l("对接"), "recommendation": _l("推荐"),
    "stored_file": _l("文件"), "audit_event": _l("操作留痕"), "notice": _l("消息"), "outbox_message": _l("邮件"),
    "job": _l("后台任务"), "user_session": _l("登录会话"),
}  # fmt: skip
_BACKUP_IS_OLD = timedelta(hours=48)


@dataclass(frozen=True)
class Setting:
    """One setting as shown; `value` and `default` are texts, those of a secret say only whether there is one."""

    variable: str
    meaning: LazyString
    value: str
    default: str
    is_set: bool


@blueprint.get("/")
@requires(Permission.READ_SYSTEM)
def state() -> ResponseReturnValue:
    """Versions, database, disk and the last backup."""
    settings = current_app.config["SETTINGS"]
    found, wanted = schema(db().connection())
    database = system.state(db(), current_actor())
    folder = settings.backup_dir
    backup = backups.latest(folder) if folder and folder.is_dir() else None
    return render_template(
        "administration/system.html",
        environment=settings.environment,
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.release()}",
        packages=[(name, _version(name)) for name in _PACKAGES],
        schema=found,
        schema_wanted=wanted,
        database=database,
        rows=[(_TABLES[name], f"{number:,}") for name, number in database.rows.items()],
        disk=shutil.disk_usage(settings.data_dir if settings.data_dir.is_dir() else "/"),
        backup_dir=folder,
        backup=backup,
        old_after_hours=_BACKUP_IS_OLD // timedelta(hours=1),
        backup_is_old=backup is not None and city_now() - backup.made_at > _BACKUP_IS_OLD,
    )


@blueprint.get("/settings")
@requires(Permission.READ_SYSTEM)
def settings() -> ResponseReturnValue:
    """Every setting of this process with its meaning; secrets are not shown."""
    given = {name: (model, name) for model in _models() for name in type(model).model_fields}
    groups = [
        (title, [_setting(*given[name], meaning) for name, meaning in words.items()]) for title, words in MEANINGS
    ]
    return render_template("administration/settings.html", groups=groups)


def _models() -> Iterator[BaseSettings]:
    yield from (current_app.config["SETTINGS"], clocks.limits(), files.limits())


def _setting(model: BaseSettings, name: str, meaning: LazyString) -> Setting:
    default = type(model).model_fields[name].get_default(call_default_factory=True, validated_data={})
    return Setting(
        variable=f"LIANRONG_{name.upper()}",
        meaning=meaning,
        value=_shown(name, getattr(model, name)),
        default=_shown(name, default),
        is_set=name in model.model_fields_set,
    )


def _shown(name: str, value: Any) -> str:
    if value in (None, ""):
        return _("未设")
    if name in SECRET:
        return "••••••"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "—"
