"""The log of this process: one line a record on standard error, JSON where machines read it."""

import logging

import structlog
from structlog.tracebacks import ExceptionDictTransformer

_TRACEBACKS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
"""Where an error came from, without the values of variables: among them are figures filed in confidence."""


def configure_logging(*, as_json: bool) -> None:
    """All of this process's log to standard error, one line a record: JSON, or for a person's eyes.

    As JSON each request leaves a line; in words only what was slow or failed does.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered: list[structlog.typing.Processor] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered]
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)  # it speaks whenever health is asked for
    logging.getLogger("lianrong.request").setLevel(logging.INFO if as_json else logging.WARNING)
