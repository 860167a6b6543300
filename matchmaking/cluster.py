"""The same lists by blocks of demands on Dask: on this machine's processes, or on a cluster by its address.

Each worker gets the fitted engine once and compiles it once; blocks go out a few at a time and come back in order, so
that memory stays bounded on all sides. A block's lists depend on nothing but the engine and the block: a block of a
worker that died is made again elsewhere, and the result is the same to the byte.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from matchmaking.columns import Columns
from matchmaking.ranking import RankedPairs
from matchmaking.recommender import Recommender, Rows
from matchmaking.reference import PairResult

BLOCK = 20_000
"""Demands of one task: seconds of work, so that the scheduler's milliseconds do not count."""
_AHEAD = 2
"""Blocks under way for each worker: one being made, one waiting beside it."""
PATIENCE = 600
"""Seconds until a block, which takes seconds, is given up: all workers are gone."""
_FIRST_WORKER = 30
"""Seconds for a worker of a cluster to be there at all."""


@contextmanager
def connected(address: str | None = None, *, n_workers: int = 2) -> Iterator[Any]:
    """A Dask client: of the cluster at `address` (tcp://host:port), or of processes started here and ended after."""
    from distributed import Client, LocalCluster

    if address is not None:
        with Client(address) as client:
            client.wait_for_workers(1, timeout=_FIRST_WORKER)
            yield client
        return
    with (
        LocalCluster(
            n_workers=n_workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@dataclass(frozen=True)
class Sent:
    """A fitted engine that stands ready on the workers of a client for as long as this object lives."""

    client: Any
    recommender: Recommender
    engine: Any
    """Future of the engine."""

    def rank_blocks(self, demands: Rows, *, top: int = 20, block: int = BLOCK) -> Iterator[RankedPairs]:
        """`Recommender.rank_blocks` on the workers: blocks of `block` demands, in order."""
        asked = self.recommender.asked(demands)
        starts = range(0, len(asked), block)
        tasks = ((asked.take(slice(start, start + block)).compact(), start, top) for start in starts)
        yield from self._in_order(_ranked, tasks)

    def recommend(self, batches: Iterable[Sequence[Any]]) -> Iterator[list[PairResult]]:
        """`Recommender.recommend` of each batch of demands on the workers, in the batches' order."""
        yield from self._in_order(_recommended, ((rows,) for rows in batches))

    def _in_order(self, work: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Results of `work(engine, *task)`. Raises TimeoutError where no worker is left to give one."""
        n_ahead = _AHEAD * max(1, len(_workers(self.client)))
        waiting: deque[Any] = deque()
        for task in tasks:
            waiting.append(self.client.submit(work, self.engine, *task, pure=False))
            if len(waiting) >= n_ahead:
                yield waiting.popleft().result(PATIENCE)
        while waiting:
            yield waiting.popleft().result(PATIENCE)


def send(client: Any, recommender: Recommender) -> Sent:
    """Bring a fitted engine to every worker and have it compiled there.

    Raises
    ------
    EngineNotReady : `fit` has not been called.
    """
    import dask
    from distributed import wait
    from distributed.protocol.pickle import dumps

    recommender.asked(())
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}):
        # Submitted rather than scattered: the scheduler can make it again wherever a worker is lost.
        engine = client.submit(_engine, dumps(recommender), pure=False)
        wait(engine, PATIENCE)
    client.replicate(engine)
    wait([client.submit(_compiled, engine, workers=[worker], pure=False) for worker in _workers(client)])
    return Sent(client, recommender, engine)


def recommend_batches(
    recommender: Recommender, batches: Iterable[Sequence[Any]], cluster: str = ""
) -> Iterator[list[PairResult]]:
    """`Recommender.recommend` of each batch: here; with `cluster`, `local` or tcp://host:port, on its workers.

    Raises
    ------
    OSError, TimeoutError : the scheduler, or all of its workers, cannot be reached.
    """
    if not cluster:
        yield from map(recommender.recommend, batches)
        return
    with connected(None if cluster == "local" else cluster) as client:
        yield from send(client, recommender).recommend(batches)


def rank_blocks(
    client: Any, recommender: Recommender, demands: Rows, *, top: int = 20, block: int = BLOCK
) -> Iterator[RankedPairs]:
    """Send an engine and rank with it, in one call."""
    yield from send(client, recommender).rank_blocks(demands, top=top, block=block)


def _workers(client: Any) -> list[str]:
    return list(client.scheduler_info(n_workers=-1)["workers"])


def _compiled(recommender: Recommender) -> None:
    recommender.compiled()


def _engine(content: bytes) -> Recommender:
    """The fitted engine on a worker."""
    from distributed.protocol.pickle import loads

    recommender: Recommender = loads(content)
    return recommender


def _recommended(recommender: Recommender, demands: Sequence[Any]) -> list[PairResult]:
    return recommender.recommend(demands)


def _ranked(recommender: Recommender, demands: Columns, start: int, top: int) -> RankedPairs:
    """Lists of one block, with the demands' places in the whole."""
    blocks = list(recommender.rank_blocks(demands, top=top, n_threads=1))
    ranked = RankedPairs.joined(blocks, len(recommender.market.components))
    return RankedPairs(
        ranked.demand_index + np.int64(start), ranked.supply_index, ranked.rank, ranked.score, ranked.points
    )
