import pytest

import harness


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
