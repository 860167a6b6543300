"""The names of what can be done, and which role may do it."""

from enum import StrEnum

from vocabulary.roles import Role


class Permission(StrEnum):
    """One thing a person may do; whether to a given row is for `rules` and `lookups` to say."""

    HAVE_ACCOUNT = "have_account"
    MANAGE_COLLEAGUES = "manage_colleagues"
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
    READ_LEDGER = "read_ledger"
    MANAGE_ACCOUNTS = "manage_accounts"
    FOLLOW_MAIL = "follow_mail"


_P = Permission
_EVERYBODY = frozenset({_P.HAVE_ACCOUNT})
_ENTERPRISE = _EVERYBODY | {
    _P.FILE_PROFILE,
    _P.POST_FINANCING_NEEDS,
    _P.POST_PRODUCT_LINES,
    _P.POST_PURCHASE_NEEDS,
    _P.SEE_OWN_RECOMMENDATIONS,
    _P.FOLLOW_OWN_CASES,
    _P.READ_CHAIN_PAGE,
    _P.ATTEND_ROADSHOWS,
    _P.RAISE_PROBLEMS,
    # An enterprise that buys is a counterpart too; which pairings, the row decides.
    _P.RECORD_CASE_STEPS,
    _P.READ_RELEASED_DOSSIER,
}
_COUNTERPART = _EVERYBODY | {
    _P.MANAGE_COLLEAGUES,
    _P.REVIEW_RECOMMENDED_FIRMS,
    _P.RECORD_CASE_STEPS,
    _P.READ_RELEASED_DOSSIER,
    _P.READ_CHAIN_PAGE,
    _P.ATTEND_ROADSHOWS,
}
_OFFICE = _EVERYBODY | {
    _P.MANAGE_COLLEAGUES,
    _P.VERIFY_ORGANIZATIONS,
    _P.VERIFY_PROFILES,
    _P.DECIDE_PAIRINGS,
    _P.RUN_ROADSHOWS,
    _P.RUN_PROJECTS,
    _P.HANDLE_PROBLEMS,
    _P.HANDLE_GAPS,
    _P.READ_PROJECTS,
    _P.MAKE_REPORTS,
    _P.READ_ROADSHOW_REPORTS,
    _P.READ_CHAIN_PAGE,
    _P.READ_DASHBOARDS,
    _P.KEEP_CHAINS,
    _P.DECLARE_TIES,
    _P.READ_POLICIES,
    _P.READ_LEDGER,
}

PERMISSIONS_OF_ROLE: dict[Role, frozenset[Permission]] = {
    Role.FILER: _ENTERPRISE,
    Role.SIGNATORY: _ENTERPRISE | {_P.SUBMIT_PROFILE, _P.GIVE_CONSENT, _P.MANAGE_COLLEAGUES},
    Role.OFFICER: _COUNTERPART | {_P.POST_LOAN_PRODUCTS},
    Role.BUYER: _COUNTERPART | {_P.POST_PURCHASE_NEEDS},
    Role.OFFICIAL: _OFFICE,
    Role.COORDINATOR: _OFFICE | {_P.RUN_CHAINS, _P.RUN_POLICIES},
    Role.AUDITOR: _EVERYBODY
    | {_P.READ_PROJECTS, _P.READ_CHAIN_PAGE, _P.READ_DASHBOARDS, _P.READ_LEDGER, _P.READ_ROADSHOW_REPORTS},
    Role.ADMIN: _EVERYBODY | {_P.MANAGE_ACCOUNTS, _P.FOLLOW_MAIL, _P.READ_CHAIN_PAGE},
}
