import pytest

import harness
import watched


def pytest_configure(config):
    config.addinivalue_line("markers", "leaks: the stand-in for the vendor's library is told to leak")


@pytest.fixture(scope="session", autouse=True)
def tool(tmp_path_factory):
    watched.prepare(tmp_path_factory.mktemp("watched"))


@pytest.fixture(autouse=True)
def unharmed(tool, request):
    """What a tool found in a process of the test fails it, when the last of them has ended."""
    yield
    told = request.node.get_closest_marker("leaks") is not None
    found = [text for text in watched.take() if not (told and watched.of_leaks(text))]
    assert not found, "\n\n".join(found)


@pytest.fixture
def started():
    """Processes put in here are stopped with the test, last first; what they wrote is shown where it failed."""
    processes = []
    yield processes
    for process in reversed(processes):
        process.stop()


@pytest.fixture
def simulate(started, tmp_path):
    def start(devices, **options):
        simulator = harness.Simulator(devices, export=tmp_path / "fleet.csv", **options)
        simulator.specs = harness.read_export(tmp_path / "fleet.csv")
        started.append(simulator)
        return simulator

    return start


@pytest.fixture
def gateway(started, tmp_path):
    running = harness.Gateway(tmp_path / "data")
    started.append(running)
    return running


@pytest.fixture(scope="session")
def bad_disk(tmp_path_factory):
    """The library to preload where a disk is to fail: tests/disk/bad_disk.cpp."""
    library = tmp_path_factory.mktemp("disk") / "bad_disk.so"
    harness.run(["c++", "-std=c++20", "-shared", "-fPIC", "-O1", "-o", library, harness.ROOT / "tests" / "disk" / "bad_disk.cpp"])
    return library


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        for process in item.funcargs.get("started", []):
            report.sections.append((type(process).__name__, "".join(process.lines[-80:])))
