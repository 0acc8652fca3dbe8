"""What every test runs under: shapes and types checked at each call of the package, no network, the same examples every time in CI."""

import os

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook
from xdist.scheduler import LoadScopeScheduling

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # each of several test processes keeps to one core

install_import_hook("n2n", "beartype.beartype")  # before the first import of n2n: it checks modules as they load

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


class AppsAtOnce(LoadScopeScheduling):
    """Shares out tests between processes one by one, but those of a folder with a running app together: starting it takes long."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in ("tests/browser", "tests/studio") if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> AppsAtOnce:
    return AppsAtOnce(config, log)
