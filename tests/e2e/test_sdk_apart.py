"""A device that ends its host of the vendor's library each time: it comes back apart from the others, who blink once."""
import pytest

import harness
import watched
from test_sdk import hosts_of, library, serve, through_the_library  # noqa: F401

# Where a sanitizer is, the stand-in crashes past every handler of signals, and so past the last words.
FAULTS = ["hang"] if watched.TOOL in ("address", "thread") else ["hang", "crash"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_device_that_ends_its_host_each_time_costs_the_others_one_blink(serve, simulate, library, fault):  # noqa: F811
    simulator = simulate(4, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path, "--sdk-call-limit-s", 5, "--fleet-backoff-base-ms", 200, "--fleet-backoff-cap-s", 1)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(4)
    (first,) = hosts_of(gateway)

    library.fault(**{fault: "login"}, device=simulator.specs[0]["address"])
    assert gateway.call("POST", f"/api/v1/devices/{devices[0]}/reconnect")[0] in (200, 202, 204)
    harness.wait_for("its host to end", lambda: first not in hosts_of(gateway))
    harness.wait_for("the others to be back", lambda: gateway.fleet()["states"]["online"] == 3)
    blinked = {device: gateway.device(device)["since"] for device in devices[1:]}
    ended = gateway.metrics()["camfleet_sdk_hosts_ended_total"]
    harness.wait_for("it to end two more", lambda: gateway.metrics()["camfleet_sdk_hosts_ended_total"] >= ended + 2)
    assert {device: gateway.device(device)["since"] for device in devices[1:]} == blinked
    assert gateway.metrics()["camfleet_sdk_suspects"] == 1
    code, place = ("sdk.host_hung", "a call into the library") if fault == "hang" else ("sdk.host_lost", "signal 11")
    assert any(f'"reason":"{code}"' in line and place in line and f'"device":"{devices[0]}"' in line for line in gateway.lines)

    library.fault()
    gateway.wait_state(devices[0], "online")
    assert {device: gateway.device(device)["since"] for device in devices[1:]} == blinked and len(hosts_of(gateway)) == 2
