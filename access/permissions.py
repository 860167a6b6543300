"""The names of what can be done, and which role may do it: read from `matrix.csv`, the only table of rights.

A line of the file is a resource, an action on it, the permission that opens the door to it, and a code for each role.
A role has a permission if a line with that permission gives it any code but `-`; how far it reaches, the code says, and
`scopes`, `lookups` and `rules` keep to it row by row. What no line allows is denied.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vocabulary.roles import Role


class Permission(StrEnum):
    """One thing a person may do; whether to a given row is for `rules` and `lookups` to say."""

    HAVE_ACCOUNT = "have_account"
    MANAGE_COLLEAGUES = "manage_colleagues"
    MANAGE_INTEGRATIONS = "manage_integrations"
    FILE_PROFILE = "file_profile"
    SUBMIT_PROFILE = "submit_profile"
    POST_FINANCING_NEEDS = "post_financing_needs"
    POST_PRODUCT_LINES = "post_product_lines"
    POST_LOAN_PRODUCTS = "post_loan_products"
    POST_PURCHASE_NEEDS = "post_purchase_needs"
    SEE_OWN_RECOMMENDATIONS = "see_own_recommendations"
    REVIEW_RECOMMENDED_FIRMS = "review_recommended_firms"
    GIVE_CONSENT = "give_consent"
    FOLLOW_OWN_CASES = "follow_own_cases"
    RECORD_CASE_STEPS = "record_case_steps"
    READ_RELEASED_DOSSIER = "read_released_dossier"
    VERIFY_ORGANIZATIONS = "verify_organizations"
    VERIFY_PROFILES = "verify_profiles"
    DECIDE_PAIRINGS = "decide_pairings"
    RUN_ROADSHOWS = "run_roadshows"
    READ_ROADSHOW_REPORTS = "read_roadshow_reports"
    ATTEND_ROADSHOWS = "attend_roadshows"
    RUN_PROJECTS = "run_projects"
    RAISE_PROBLEMS = "raise_problems"
    HANDLE_PROBLEMS = "handle_problems"
    HANDLE_GAPS = "handle_gaps"
    READ_PROJECTS = "read_projects"
    MAKE_REPORTS = "make_reports"
    READ_CHAIN_PAGE = "read_chain_page"
    READ_DASHBOARDS = "read_dashboards"
    KEEP_CHAINS = "keep_chains"
    RUN_CHAINS = "run_chains"
    DECLARE_TIES = "declare_ties"
    READ_POLICIES = "read_policies"
    RUN_POLICIES = "run_policies"
    READ_MODELS = "read_models"
    TRAIN_MODELS = "train_models"
    PROMOTE_MODELS = "promote_models"
    READ_MODEL_EFFECTS = "read_model_effects"
    READ_LEDGER = "read_ledger"
    MANAGE_ACCOUNTS = "manage_accounts"
    FOLLOW_MAIL = "follow_mail"
    GRANT_ROLES = "grant_roles"
    READ_PERMISSIONS = "read_permissions"
    FOLLOW_JOBS = "follow_jobs"
    READ_SYSTEM = "read_system"
    KEEP_REFERENCE_DATA = "keep_reference_data"


class Action(StrEnum):
    """What is done to a resource."""

    READ = "read"
    WRITE = "write"
    DECIDE = "decide"
    EXPORT = "export"


class Reach(StrEnum):
    """How far a right reaches, and what it asks for first. A cell has none (`-`) or some, joined with `+`."""

    OWN = "own"
    """The rows of the own organization, or of its side of a pairing."""
    PUBLIC = "pub"
    BAND = "band"
    """The public part, and figures as published bands."""
    RELEASED = "rel"
    """What the firm released: the frozen snapshot that its consent names."""
    CHAIN = "chain"
    """The rows of the own chain."""
    ALL = "all"
    META = "meta"
    """Who, when and what; no value."""
    SECOND = "2p"
    """Only with a second and different person."""
    REASON = "brk"
    """Only with a stated reason, which the firm reads."""


@dataclass(frozen=True)
class Right:
    """One line of the matrix. `permission` is None where no sign-in is asked for, or where nobody may."""

    resource: str
    action: Action
    permission: Permission | None
    is_public: bool
    reach: dict[Role, frozenset[Reach]]
    """Every role; empty: denied."""


def _reach(cell: str) -> frozenset[Reach]:
    return frozenset() if cell == "-" else frozenset(Reach(code) for code in cell.split("+"))


def read_matrix(path: Path) -> tuple[Right, ...]:
    """The lines of a matrix file. Raises ValueError or KeyError for an unknown code or a cell left empty."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Right(
                resource=row["resource"],
                action=Action(row["action"]),
                permission=Permission(row["permission"]) if row["permission"] else None,
                is_public=bool(_reach(row["anonymous"])),
                reach={role: _reach(row[role.value]) for role in Role},
            )
            for row in csv.DictReader(file, strict=True)
        )


MATRIX = read_matrix(Path(__file__).with_name("matrix.csv"))
PERMISSIONS_OF_ROLE: dict[Role, frozenset[Permission]] = {
    role: frozenset(right.permission for right in MATRIX if right.permission is not None and right.reach[role])
    for role in Role
}


def reach_of(role: Role | None, resource: str, action: Action) -> frozenset[Reach]:
    """All that the matrix says of a role, a resource and an action; empty: denied."""
    if role is None:
        return frozenset()
    return frozenset[Reach]().union(
        *(right.reach[role] for right in MATRIX if (right.resource, right.action) == (resource, action))
    )
