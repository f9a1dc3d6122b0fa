"""The Dask cluster, if any, on which the passes over whole exposures run; its address is a setting."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from detgui.progress import Progress, no_progress
from detgui.session.store import Settings

if TYPE_CHECKING:
    from detgui.tasks.cluster import Cluster

KEY = "scheduler"


class Scheduler:
    """Connects when a pass first needs it, in the pass's own thread, and stays connected until another address is chosen."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._cluster: Cluster | None = None

    @property
    def address(self) -> str:
        """tcp://HOST:PORT, '' for none: passes run in threads of this process."""
        address = self._settings.get(KEY, "")
        return address if isinstance(address, str) else ""

    def choose(self, address: str) -> None:
        """Use another scheduler from the next pass on, '' for none; a pass that runs on the present one ends with an error."""
        self._settings.set(KEY, address or None)
        cluster, self._cluster = self._cluster, None
        if cluster is not None:  # leaving a lost one takes a while
            threading.Thread(target=cluster.shutdown, name="detgui-leave-cluster", daemon=True).start()

    def executor(self, progress: Progress = no_progress) -> Cluster | None:
        """The cluster, connected; None where none is chosen. Takes seconds: not in the window's thread.

        Raises `BadInput` or `DetguiError` where there is no scheduler.
        """
        address = self.address
        if not address:
            return None
        from detgui.tasks.cluster import Cluster

        with self._lock:
            cluster = self._cluster
            if cluster is None or not cluster.connected or cluster.address != address:
                progress(0.0, f"connecting to {address}")
                self.close()
                cluster = self._cluster = Cluster(address)
            return cluster

    @property
    def words(self) -> str:
        """What the task bar shows: 'cluster tcp://127.0.0.1:8786 2 workers', '' for none."""
        cluster = self._cluster
        if cluster is not None and cluster.connected and cluster.address == self.address:
            return str(cluster)
        return f"cluster {self.address} not connected" if self.address else ""

    def close(self) -> None:
        """Leave the cluster, which itself goes on."""
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.shutdown(wait=False)
