"""Five hundred simulated devices brought in by one file: a third with a wrong password, a third of the rest with an account
that is locked. Each costs the attempts that it may cost, says why it is away, and comes back when that is mended."""
import concurrent.futures
import csv
import io
import time
import urllib.error
import urllib.request

import harness

DEVICES = 500
WRONG = 167   # a third of all
LOCKED = 111  # a third of the rest
LOCK_S = 25


def lock(spec):
    """A stranger guesses a password: with --lock-after 1 that locks the account."""
    url = f"http://{spec['address']}:{spec['http_port']}/"
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, spec["username"], "a stranger's guess")
    opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
    try:
        opener.open(url + "ISAPI/System/deviceInfo", timeout=20).close()
    except (urllib.error.HTTPError, ValueError):  # ValueError: urllib knows no SHA-256 challenge
        pass


def table(specs):
    out = io.StringIO()
    names = ["id", "name", "driver", "address", "http_port", "rtsp_port", "username", "password", "tags"]
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for spec in specs:
        row = {**spec, "tags": ";".join(spec["tags"])}
        writer.writerow([row.get(name, "") for name in names])
    return out.getvalue().encode("utf-8-sig")


def by_device(simulator):
    return simulator.stats("/stats?devices=1")["by_device"]


def bring_in(gateway, file, dry_run):
    status, _, answer = gateway.call("POST", f"/api/v1/devices/import?dry_run={dry_run}&all_or_nothing=true", file,
                                     headers={"Content-Type": "text/csv"})
    assert status == 200, answer
    return answer


def test_each_costs_what_it_may_cost_says_why_and_comes_back(started, tmp_path):
    fine = harness.Simulator(DEVICES - LOCKED, export=tmp_path / "fine.csv")
    started.append(fine)
    locking = harness.Simulator(LOCKED, address="127.1.8.1", export=tmp_path / "locking.csv", seed=8,
                                extra=["--lock-after", 1, "--lock-seconds", LOCK_S, "--algorithms", "md5"])
    started.append(locking)
    right = harness.read_export(tmp_path / "fine.csv")
    for index, spec in enumerate(harness.read_export(tmp_path / "locking.csv")):
        right.append({**spec, "id": f"locked-{index:04}", "tags": ["locked"]})
    wrong = right[:WRONG]
    # Half of them share the password of last year, as after a rotation; of the others each has its own typing error.
    given = [{**spec, "tags": ["wrong"], "password": "of-last-year-1" if index % 2 else spec["password"] + "x"}
             for index, spec in enumerate(wrong)]
    given += right[WRONG:]

    data = tmp_path / "data"
    gateway = harness.Gateway(data, extra=["--fleet-backoff-cap-s", "5"])
    started.append(gateway)
    file = table(given)
    plan = bring_in(gateway, file, "true")
    assert plan["counts"]["add"] == DEVICES and plan["counts"]["error"] == 0, plan["counts"]
    assert gateway.fleet()["total"] == 0

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lock, right[-LOCKED:]))
    guessed = locking.totals()  # urllib guesses several times
    assert guessed["locks"] == LOCKED
    locked_at = time.monotonic()
    done = bring_in(gateway, file, "false")
    assert done["applied"] and done["counts"]["add"] == DEVICES, done["counts"]

    # What can be online is, and every other one says why it is not.
    gateway.wait_online(DEVICES - WRONG - LOCKED)
    harness.wait_for("each refused once", lambda: gateway.fleet()["states"]["rejected"] == WRONG)
    for index, device in enumerate(by_device(fine)):
        assert device["wrong_passwords"] == (1 if index < WRONG else 0), (index, device)
        assert device["locks"] == 0
    # A lock is seen before a password is shown: nothing of ours made one longer.
    assert locking.totals()["refused_locked"] == guessed["refused_locked"]
    explained = gateway.get(f"/api/v1/devices/{given[0]['id']}/explain")
    assert (explained["state"], explained["code"], explained["attempts_left"]) == ("rejected", "device.bad_credentials", 0)
    assert explained["what"] and explained["why"] and explained["operator"] and explained["next"] is None
    _, _, chinese = gateway.call("GET", f"/api/v1/devices/{given[0]['id']}/explain", headers={"Accept-Language": "zh-CN"})
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese["why"]), chinese
    assert [move["to"] for move in explained["history"]][-1] == "rejected"
    if time.monotonic() - locked_at < LOCK_S - 5:
        shown = gateway.get("/api/v1/devices/locked-0000/explain")
        assert (shown["state"], shown["code"]) == ("locked", "device.locked") and shown["next"]["at"], shown
    summary = gateway.fleet()["summary"]
    assert any((row["state"], row["reason"], row["count"]) == ("rejected", "device.bad_credentials", WRONG) for row in summary), summary

    # A restart tries no refused password again.
    gateway.stop()
    gateway = harness.Gateway(data, extra=["--fleet-backoff-cap-s", "5"])
    started.append(gateway)
    gateway.wait_online(DEVICES - WRONG - LOCKED)
    assert gateway.fleet()["states"]["rejected"] == WRONG
    assert fine.totals()["wrong_passwords"] == WRONG

    # The locks end, and those devices come by themselves.
    gateway.wait_online(DEVICES - WRONG, patience=4 * LOCK_S + 60)
    for counter in ("wrong_passwords", "refused_locked", "locks"):
        assert locking.totals()[counter] == guessed[counter], counter

    # The right passwords bring the others, at once and at one attempt each: by bulk for some, by the file for the rest.
    logins = fine.totals()["logins"]
    preview = {"where": {"tag": "wrong", "state": "rejected"}, "password": "still-not-it", "dry_run": True}
    status, _, answer = gateway.call("POST", "/api/v1/devices/credentials", preview)
    assert status == 200 and answer["total"] == WRONG and answer["changed"] == WRONG, answer
    assert fine.totals()["wrong_passwords"] == WRONG and gateway.fleet()["states"]["rejected"] == WRONG
    corrected = table([{**spec, "tags": ["wrong"]} for spec in wrong] + right[WRONG:])
    done = bring_in(gateway, corrected, "false")
    assert (done["counts"]["change"], done["counts"]["same"]) == (WRONG, DEVICES - WRONG), done["counts"]
    gateway.wait_online(DEVICES)
    assert fine.totals()["wrong_passwords"] == WRONG
    assert fine.totals()["logins"] - logins <= 3 * WRONG, "the others were left alone"
    assert bring_in(gateway, corrected, "true")["counts"]["same"] == DEVICES
