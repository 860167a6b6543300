"""Reports that offices file: kinds, statuses, what is kept of one, and by which steps it is drawn up."""

from enum import StrEnum


class OfficeReportStatus(StrEnum):
    """A report of an office: waits for its turn, is drawn up, then is kept as it is for good."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ResearchStatus(StrEnum):
    """A research result that a chain could make a product of."""

    LISTED = "listed"
    TAKEN_UP = "taken_up"
    WITHDRAWN = "withdrawn"


class OfficeReportKind(StrEnum):
    """五单一图谱, 对接台账, and the two lists of the coordination mechanism, 申报清单 and 推荐清单."""

    FIVE_LISTS = "five_lists"
    CASE_LEDGER = "case_ledger"
    APPLICATION_LIST = "application_list"
    RECOMMENDED_LIST = "recommended_list"


class ReportForm(StrEnum):
    """What is kept of a finished report: its content, from which the page is made, and the two files."""

    CONTENT = "content"
    XLSX = "xlsx"
    PDF = "pdf"


class ReportFailure(StrEnum):
    """Why there is no report."""

    ERROR = "error"
    INTERRUPTED = "interrupted"


class ReportStep(StrEnum):
    """What is being done for a report at a moment."""

    TARGETS = "targets"
    PROJECTS = "projects"
    PROMOTION = "promotion"
    PROBLEMS = "problems"
    RESEARCH = "research"
    MAP = "map"
    CASES = "cases"
    FUNDING = "funding"
    FREEZING = "freezing"
    XLSX = "xlsx"
    PDF = "pdf"


_FILES = (ReportStep.FREEZING, ReportStep.XLSX, ReportStep.PDF)
STEPS: dict[OfficeReportKind, tuple[ReportStep, ...]] = {
    OfficeReportKind.FIVE_LISTS: (
        ReportStep.TARGETS,
        ReportStep.PROJECTS,
        ReportStep.PROMOTION,
        ReportStep.PROBLEMS,
        ReportStep.RESEARCH,
        ReportStep.MAP,
        *_FILES,
    ),
    OfficeReportKind.CASE_LEDGER: (ReportStep.CASES, *_FILES),
    OfficeReportKind.APPLICATION_LIST: (ReportStep.FUNDING, *_FILES),
    OfficeReportKind.RECOMMENDED_LIST: (ReportStep.FUNDING, *_FILES),
}
"""The steps of each kind, in order."""

LAST_DAY_OF_SCHEDULE = 28
"""A schedule names a day that every month has."""
MAX_ATTEMPTS = 3
"""A report whose process died so often is not begun again by itself."""


class ResearchReadiness(StrEnum):
    """How far a research result is from a product: 小试, 中试, 可规模生产."""

    LAB = "lab"
    PILOT = "pilot"
    READY = "ready"
