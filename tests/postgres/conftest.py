"""Every fixture below this folder is on a real PostgreSQL, whatever the rest of the run is on."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.databases import Databases, Postgresql, postgresql_server


@pytest.fixture(scope="session")
def databases(databases: Databases) -> Iterator[Databases]:
    if isinstance(databases, Postgresql):
        yield databases
        return
    with postgresql_server(os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)) as server:
        yield server
