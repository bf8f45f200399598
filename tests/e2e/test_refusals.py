"""A camera counts wrong passwords over our restarts, so we do too."""
import signal

import harness


def test_restarts_and_an_operator_who_insists_do_not_lock_a_camera(simulate, started, tmp_path):
    simulator = simulate(1)
    camera = {**simulator.specs[0], "password": "not this one"}
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    gateway.add(**camera)
    gateway.wait_state(camera["id"], "rejected")
    for n in range(6):
        gateway.stop(how=signal.SIGKILL if n % 2 else signal.SIGTERM)
        gateway = harness.Gateway(tmp_path / "data")
        started.append(gateway)
        before = simulator.totals()["wrong_passwords"]
        assert gateway.call("POST", f"/api/v1/devices/{camera['id']}/reconnect")[0] == 202
        harness.wait_for("it was tried, or is told to wait", lambda b=before: simulator.totals()["wrong_passwords"] > b or
                         "not tried again before" in gateway.device(camera["id"])["detail"])
        gateway.wait_state(camera["id"], "rejected")
        # What is seen was written: the next kill may come at once.
        harness.wait_for("it is kept", lambda: (tmp_path / "data" / "refusals").read_text(encoding="utf-8").count("\n") - 1 >=
                         simulator.totals()["wrong_passwords"])
    totals = simulator.totals()
    assert (totals["wrong_passwords"], totals["locks"]) == (3, 0)
    # The right one is tried at once, and what was refused before counts no more.
    assert gateway.call("PATCH", f"/api/v1/devices/{camera['id']}", {"password": simulator.specs[0]["password"]})[0] == 200
    gateway.wait_online(1)
    assert "not this one" not in (tmp_path / "data" / "refusals").read_text(encoding="utf-8")
