"""A worker of the application: the runner with every kind of job, and the queue that wakes it."""

from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from jobs.queue import JobConsumer, make_consumer, make_huey, wire
from jobs.registry import Services, daily, handlers, pulse
from jobs.runner import Runner


class JobWorker:
    """Started inside the server, or run alone until it is told to stop."""

    def __init__(
        self,
        engine: Engine,
        services: Services,
        *,
        data_dir: Path,
        secret: str,
        threads: int,
        silence: float,
        is_embedded: bool,
    ) -> None:
        self.runner = Runner(engine, handlers(services), daily(services.digest_hour), silence=silence)
        huey = make_huey(engine, data_dir, secret)
        wire(huey, self.runner, pulse(engine, services))
        self.consumer: JobConsumer = make_consumer(huey, threads=threads, is_embedded=is_embedded)

    def run(self) -> None:
        """Do jobs until a signal ends it."""
        try:
            self.consumer.run()
        finally:
            self.runner.leave()

    def __enter__(self) -> Self:
        self.consumer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What runs is left to the next worker, so that a server stops at once."""
        self.consumer.stop()
        self.runner.leave()
