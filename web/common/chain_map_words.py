"""What the map of a chain says of its links."""

from flask_babel import gettext as _

from access.lists.chain_map import Box, Share
from vocabulary.classifications import LinkPosition
from web.common.chain_drawing import BoxText
from web.common.labels import label
from web.common.languages import language


def named(row: object) -> str:
    """The name of a chain or link in the reader's language."""
    return str(getattr(row, "name_en" if language() == "en" else "name_zh"))


def share_words(share: Share) -> str:
    """本地配套率 with its base, or why there is none."""
    if share.base == 0:
        return _("没有采购需求，不计算")
    if share.percent is None:
        return _("样本不足（%(met)s/%(base)s 条）", met=share.met, base=share.base)
    return _("%(percent)s%%（%(met)s/%(base)s 条）", percent=share.percent, met=share.met, base=share.base)


def headings(boxes: list[Box]) -> dict[LinkPosition, str]:
    """The heading of each column with its number of links."""
    return {
        position: _(
            "%(position)s · %(n)s 个环节", position=label(position), n=sum(box.position is position for box in boxes)
        )
        for position in LinkPosition
    }


def texts(boxes: list[Box], *, is_past: bool = False) -> dict[int, BoxText]:
    """The words of every box."""
    return {box.id: _text(box, is_past=is_past) for box in boxes}


def _text(box: Box, *, is_past: bool) -> BoxText:
    name, state = named(box), str(label(box.state))
    counts = _(
        "确认 %(confirmed)s · 申报 %(filed)s · 推测 %(guessed)s",
        confirmed=box.n_confirmed, filed=box.n_filed, guessed=box.n_guessed,
    )  # fmt: skip
    leaders = _("龙头：%(names)s", names="、".join(box.leaders)) if box.leaders else ""
    if not leaders and box.backbone:
        leaders = _("骨干：%(names)s", names="、".join(box.backbone))
    note = ""
    if not is_past and box.n_needs:
        note = (
            _("采购需求 %(n)s 条，%(unmet)s 条无人能供", n=box.n_needs, unmet=len(box.unmet))
            if box.unmet
            else _("采购需求 %(n)s 条，都有企业能供", n=box.n_needs)
        )
    said = "，".join(part for part in (name, str(label(box.position)), state, counts, leaders, note) if part)
    return BoxText(name, state, counts, leaders, note, said)
