"""The lists as an operator reads them: filters, orders, pages, and what is refused."""
import urllib.parse

import pytest


def ask(gateway, path, **parameters):
    return gateway.call("GET", path + "?" + urllib.parse.urlencode(parameters, doseq=True))


def ids(gateway, **parameters):
    status, _, page = ask(gateway, "/api/v1/devices", **parameters)
    assert status == 200, page
    return [one["id"] for one in page["items"]]


@pytest.fixture
def fleet(gateway):
    for n, (name, tags) in enumerate([("Gate 2", ["north"]), ("gate 10", ["north", "east"]), ("北门", ["south"]), ("Yard", [])]):
        gateway.add(id=f"d{n}", name=name, tags=tags, address=f"127.9.0.{20 - n}", http_port=9, enabled=n != 3)
    return gateway


def test_filters_choose_and_orders_sort(fleet):
    assert ids(fleet) == ["d0", "d1", "d2", "d3"]
    assert ids(fleet, sort="-id") == ["d3", "d2", "d1", "d0"]
    assert ids(fleet, sort="name") == ["d0", "d1", "d3", "d2"]
    assert ids(fleet, sort="address") == ["d3", "d2", "d1", "d0"]
    assert ids(fleet, tag="north") == ["d0", "d1"]
    assert ids(fleet, tag=["east", "south"]) == ["d1", "d2"]
    assert ids(fleet, tag="east,south") == ["d1", "d2"]
    assert ids(fleet, q="GATE") == ["d0", "d1"]
    assert ids(fleet, q="北") == ["d2"]
    assert ids(fleet, state="disabled") == ["d3"]
    assert ids(fleet, reason="fleet.operator") == ["d3"]
    assert ids(fleet, driver="rtsp") == []
    assert ids(fleet, q="gate", tag="east") == ["d1"]


def test_a_page_says_how_many_there_are_and_only_what_was_asked(fleet):
    _, headers, page = ask(fleet, "/api/v1/devices", limit=1, tag="north", fields="id,state")
    assert page["total"] == 2 and page["next"] and headers["X-Camfleet-Cursor"] == page["cursor"]
    assert list(page["items"][0]) == ["id", "state"]
    _, _, rest = ask(fleet, "/api/v1/devices", limit=1, tag="north", cursor=page["next"])
    assert [one["id"] for one in rest["items"]] == ["d1"] and rest["next"] is None
    status, _, problem = ask(fleet, "/api/v1/devices", sort="name", cursor=page["next"])
    assert (status, problem["code"]) == (400, "api.bad_request")


@pytest.mark.parametrize("path", ["/api/v1/devices", "/api/v1/channels"])
@pytest.mark.parametrize("query", [
    "limit=0", "limit=-1", "limit=1e9", "limit=1000000000", "limit=1&limit=2", "cursor=", "cursor=..%2Fx", "cursor=" + "A" * 300,
    "sort=id;drop", "sort=id%3Bdrop", "sort=password", "state=on", "state=", "tag=", "nothing=1", "stat=online", "q=%ff", "q=%00",
    "q=" + "a" * 129, "reason=%25", "&=1", "state=online&state=x", "q=a&q=b", "fields=password",
])
def test_what_a_list_does_not_know_is_refused_by_name(gateway, path, query):
    status, _, problem = gateway.call("GET", f"{path}?{query}")
    assert (status, problem["code"]) == (400, "api.bad_request"), problem
    name = query.lstrip("&").split("=")[0]
    assert problem["detail"].startswith(name) or not name, problem


@pytest.mark.parametrize("text", ["%", "%%%%", "_", "(a+)+$", ".*", "' OR 1=1 --", "id;drop table devices", "\\", "[", "${x}", "*"])
def test_patterns_are_texts_that_nothing_contains(fleet, text):
    assert ids(fleet, q=text) == []


def test_channels_of_the_fleet_and_of_one_device(gateway, simulate):
    specs = simulate(2).specs
    for spec in specs:
        gateway.add(**spec)
    gateway.wait_online(2)
    _, _, page = ask(gateway, "/api/v1/channels", limit=1)
    first = page["items"][0]
    assert first["device"] == min(spec["id"] for spec in specs)
    assert first["live"]["main"] == f"/live/{first['device']}/1/main"
    assert first["device_state"] == "online" and first["profiles"] and page["next"]
    _, _, own = ask(gateway, f"/api/v1/devices/{first['device']}/channels")
    assert {c["device"] for c in own["items"]} == {first["device"]}
    assert gateway.call("GET", "/api/v1/devices/none/channels")[0] == 404
    assert ask(gateway, f"/api/v1/devices/{first['device']}/channels", id=specs[1]["id"])[0] == 400
    assert ask(gateway, "/api/v1/channels", online="maybe")[0] == 400
