"""The names of what the ledger can say: `<noun>_<status>` of every lifecycle, and the acts below.

A new act gets its name here and its words in `web.common.audit_words`; an unknown name is refused when it is written.
"""

from enum import StrEnum

from vocabulary.lifecycles import LIFECYCLES


class AuditAction(StrEnum):
    """Acts that are no step of a lifecycle, or that begin one."""

    ORGANIZATION_REGISTERED = "organization_registered"
    ADMINISTRATOR_SET_UP = "administrator_set_up"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- the name of an act
    ACCOUNT_DETAILS_CHANGED = "account_details_changed"
    RETENTION_APPLIED = "retention_applied"
    REFERENCE_VERSION_ADDED = "reference_version_added"
    SESSIONS_ENDED = "sessions_ended"
    INVITATION_SENT = "invitation_sent"
    MEMBERSHIP_ENDED = "membership_ended"
    NOTICE_PREFERENCES_CHANGED = "notice_preferences_changed"
    FIRMS_IMPORTED = "firms_imported"
    NEEDS_IMPORTED = "needs_imported"
    FIRM_IMPORTED = "firm_imported"
    IMPORT_UPLOADED = "import_uploaded"
    IMPORT_COLUMNS_CHOSEN = "import_columns_chosen"

    PROFILE_SUBMISSION_SUBMITTED = "profile_submission_submitted"
    PROFILE_CONFIRMED_CURRENT = "profile_confirmed_current"
    PROFILE_READ = "profile_read"
    PROFILE_REASON_STATED = "profile_reason_stated"
    DOCUMENT_READ = "document_read"
    DOCUMENTS_EMPTIED = "documents_emptied"
    CERTIFICATE_ADDED = "certificate_added"
    CERTIFICATE_REMOVED = "certificate_removed"
    RECOGNITION_FILED = "recognition_filed"
    RECOGNITION_EXPIRING = "recognition_expiring"
    RECOGNITION_EXPIRED = "recognition_expired"
    STANDARD_CHECKED = "standard_checked"

    POSTING_CREATED = "posting_created"
    POSTING_EDITED = "posting_edited"
    CAPACITY_STATED = "capacity_stated"
    ASSIGNMENT_PROPOSED = "assignment_proposed"
    SUPPLIER_GROUP_ASKED = "supplier_group_asked"
    INTEREST_SET = "interest_set"
    INTEREST_UNSET = "interest_unset"
    SHORTLIST_SET = "shortlist_set"
    SHORTLIST_UNSET = "shortlist_unset"
    DISMISS_SET = "dismiss_set"
    DISMISS_UNSET = "dismiss_unset"

    PAIRING_PROPOSED = "pairing_proposed"
    PAIRING_FIRST_CONFIRMATION = "pairing_first_confirmation"
    PAIRING_HANDLER_NAMED = "pairing_handler_named"
    CASE_HANDED_OVER = "case_handed_over"
    CASE_FOLLOWED = "case_followed"
    CASE_REMINDED = "case_reminded"
    CASE_ESCALATED_TO_CHAIN_OFFICE = "case_escalated_to_chain_office"
    CASE_ESCALATED_TO_JOINT_OFFICE = "case_escalated_to_joint_office"
    CASE_STEP_RECORDED = "case_step_recorded"
    CASE_STEP_CORRECTED = "case_step_corrected"
    CASE_STEP_VOIDED = "case_step_voided"
    CONFIRMED_ORDER_CONFIRMED = "confirmed_order_confirmed"
    ORDER_SHOWN_TO_BANKS = "order_shown_to_banks"
    ORDER_HIDDEN_FROM_BANKS = "order_hidden_from_banks"
    CONSENT_REQUESTED = "consent_requested"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    DOSSIER_READ = "dossier_read"
    DOSSIER_READ_REFUSED = "dossier_read_refused"

    ROADSHOW_PLANNED = "roadshow_planned"
    ROADSHOW_CHANGED = "roadshow_changed"
    ROADSHOW_SESSION_CANCELLED = "roadshow_session_cancelled"
    ROADSHOW_STAGE_CHOSEN = "roadshow_stage_chosen"
    ROADSHOW_STAGE_ACCEPTED = "roadshow_stage_accepted"
    ROADSHOW_MEETINGS_PLANNED = "roadshow_meetings_planned"
    ROADSHOW_MEETINGS_PUBLISHED = "roadshow_meetings_published"
    ROADSHOW_MEETING_ADDED = "roadshow_meeting_added"
    ROADSHOW_FEEDBACK_GIVEN = "roadshow_feedback_given"
    ROADSHOW_DECK_SET = "roadshow_deck_set"
    ROADSHOW_QUESTION_ASKED = "roadshow_question_asked"
    ROADSHOW_QUESTION_ANSWERED = "roadshow_question_answered"
    ROADSHOW_WISHES_SET = "roadshow_wishes_set"
    ROADSHOW_MEETING_MOVED = "roadshow_meeting_moved"
    ROADSHOW_CHECKED_IN = "roadshow_checked_in"
    ROADSHOW_REPORT_FROZEN = "roadshow_report_frozen"

    CHAIN_VERSION_KEPT = "chain_version_kept"
    CHAIN_TARGET_SET = "chain_target_set"
    PLACEMENTS_GUESSED = "placements_guessed"
    PLACEMENT_CONFIRMED = "placement_confirmed"
    PLACEMENT_ENDED = "placement_ended"
    PLACEMENT_STANDING_SET = "placement_standing_set"
    TIE_DECLARED = "tie_declared"
    TIE_ENDED = "tie_ended"
    PROJECT_FILED = "project_filed"
    PROJECT_CHANGED = "project_changed"
    PROBLEM_RAISED = "problem_raised"
    PROBLEM_ESCALATED = "problem_escalated"
    OFFICE_REPORT_ASKED = "office_report_asked"
    OFFICE_REPORT_DUE = "office_report_due"
    REPORT_SCHEDULE_SET = "report_schedule_set"
    OTHER_SESSIONS_ENDED = "other_sessions_ended"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    SECOND_FACTOR_SET_UP = "second_factor_set_up"
    GAP_FOUND = "gap_found"
    GAP_TASK_SET = "gap_task_set"
    CHAIN_PLAN_BEGUN = "chain_plan_begun"
    PLAN_TASK_ADDED = "plan_task_added"
    PLAN_TASK_CHANGED = "plan_task_changed"
    PLAN_TASK_REMINDED = "plan_task_reminded"
    POLICY_DRAFTED = "policy_drafted"
    WEIGHTS_PUBLISHED = "weights_published"
    WEIGHTS_REFUSED = "weights_refused"
    MODEL_TRAINED = "model_trained"
    HISTORY_REFUSED = "history_refused"
    RESEARCH_RESULT_ADDED = "research_result_added"

    ATTEMPT_DENIED = "attempt_denied"
    """Somebody sent a form for which the rights were missing, or to a row that is not visible."""
    LIST_EXPORTED = "list_exported"
    LEDGER_EXPORTED = "ledger_exported"
    LEDGER_TRIMMED = "ledger_trimmed"
    JOB_ASKED = "job_asked"
    API_KEY_MADE = "api_key_made"
    WEBHOOK_MADE = "webhook_made"


READINGS: tuple[AuditAction, ...] = (
    AuditAction.DOSSIER_READ,
    AuditAction.DOCUMENT_READ,
    AuditAction.PROFILE_READ,
    AuditAction.DOSSIER_READ_REFUSED,
)
"""Somebody read, or asked for, what a firm keeps confidential: the firm sees each of them."""

_STEPS = frozenset(
    f"{lifecycle.noun}_{status.value}" for lifecycle in LIFECYCLES.values() for status in lifecycle.statuses
)
ACTIONS: frozenset[str] = frozenset(action.value for action in AuditAction) | _STEPS


class UnknownAction(ValueError):
    """The ledger was given a name it does not know."""

    def __init__(self, action: str) -> None:
        super().__init__(f"audit action {action!r} is unknown: name it in vocabulary.audit_actions.AuditAction")


def require_known(action: str) -> None:
    """Raise UnknownAction for a name that stands nowhere above."""
    if action not in ACTIONS:
        raise UnknownAction(action)
