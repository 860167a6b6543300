"""Migrations over the rows of a whole world, on PostgreSQL."""

import pytest

from tests.architecture.test_migrated_rows import (  # noqa: F401
    test_every_migration_goes_down_and_up_over_a_whole_world,
    world,
)

pytestmark = pytest.mark.xdist_group("postgresql")
