"""gunicorn --config deploy/gunicorn.conf.py "app:serving_app()": several processes, many threads, metrics added up."""

import os
import shutil
from pathlib import Path

from prometheus_client import multiprocess

bind = os.environ.get("LIANRONG_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 30
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = None  # the product writes a line for each request itself
control_socket_disable = True


def on_starting(_server):
    """Counts of an earlier run are not this run's."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shutil.rmtree(folder, ignore_errors=True)
        Path(folder).mkdir(parents=True)


def child_exit(_server, worker):
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)
