import csv
import io

import pytest
from sqlmodel import col, select

from models.import_batch import ImportBatch


def as_csv(headings, rows):
    file = io.StringIO()
    csv.writer(file).writerows([headings, *rows])
    return file.getvalue().encode("gb18030")


@pytest.fixture
def newest(session):
    """The table that was brought in last, as it is now."""

    def read():
        session.rollback()
        batch = session.exec(select(ImportBatch).order_by(col(ImportBatch.id).desc())).first()
        session.refresh(batch)
        session.commit()
        return batch

    return read


@pytest.fixture
def checked(newest):
    """Upload a table to the pages of a noun and check it with the columns as guessed; gives its page and the batch."""

    def run(client, noun, headings, rows):
        answer = client.post(f"/imports/{noun}/", data={"file": (io.BytesIO(as_csv(headings, rows)), "表.csv")})
        assert answer.status_code == 303, answer.text
        client.post(answer.location, data={"step": "check", **newest().mapping})
        return answer.location, newest()

    return run
