"""Who may do what: the matrix of rights as a page, made from the file that the rights themselves are read from."""

from itertools import groupby

from flask import render_template
from flask.typing import ResponseReturnValue

from access.permissions import MATRIX, Permission, Reach, Right
from vocabulary.roles import Role
from web.accounts.blueprint import blueprint
from web.common.guards import requires
from web.common.permission_words import ACTIONS, MEANINGS, REACHES, RESOURCES


@blueprint.get("/who-may-do-what")
@requires(Permission.READ_PERMISSIONS)
def who_may() -> ResponseReturnValue:
    return render_template(
        "accounts/who_may.html", roles=list(Role), groups=_groups(), reaches=REACHES, meanings=MEANINGS
    )


def _groups() -> list[tuple[object, list[tuple[object, bool, list[str]]]]]:
    """(resource, its actions), each action with whether strangers may and one text for each role, "" for no."""
    return [
        (
            RESOURCES[resource],
            [(ACTIONS[action], *_cells(list(rights))) for action, rights in groupby(lines, key=lambda r: r.action)],
        )
        for resource, lines in (
            (resource, sorted(rights, key=lambda right: list(ACTIONS).index(right.action)))
            for resource, rights in groupby(sorted(MATRIX, key=_place), key=lambda right: right.resource)
        )
    ]


def _place(right: Right) -> int:
    return list(RESOURCES).index(right.resource)


def _cells(rights: list[Right]) -> tuple[bool, list[str]]:
    """What several permissions give a role for one action; that it sees no values is said where it sees none."""
    texts = []
    for role in Role:
        reach = frozenset[Reach]().union(*(right.reach[role] for right in rights))
        if len(reach) > 1:
            reach -= {Reach.META}
        texts.append(" · ".join(str(REACHES[code]) for code in Reach if code in reach))
    return any(right.is_public for right in rights), texts
