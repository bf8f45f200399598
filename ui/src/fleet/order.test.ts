import { describe, expect, it } from "vitest";
import { states, type Device } from "../types";
import { select, troubledFirst } from "./order";

function device(id: string, more: Partial<Device> = {}): Device {
  return {
    id,
    name: id,
    drivers: ["hikvision"],
    address: "10.0.0.1",
    enabled: true,
    state: "online",
    reason: "fleet.connected",
    since: "2030-01-01T00:00:00.000Z",
    channels: [],
    ...more,
  };
}

const ids = (devices: Device[]) => devices.map((each) => each.id);

describe("the order", () => {
  it("puts the troubled first and the switched off last", () => {
    const all = states.map((state) => device(state, { state }));
    expect(ids(select(all, null, "", troubledFirst))).toEqual([
      "rejected", "locked", "backoff", "degraded", "connecting", "waiting", "online", "disabled",
    ]);
  });

  it("counts like a person within a state", () => {
    const all = ["cam-10", "cam-9", "Cam-1"].map((id) => device(id));
    expect(ids(select(all, null, "", troubledFirst))).toEqual(["Cam-1", "cam-9", "cam-10"]);
  });

  it("sorts by other columns, both ways, and puts unknown times first when ascending", () => {
    const all = [device("a", { last_heard: "2030-01-02" }), device("b", { last_heard: null })];
    expect(ids(select(all, null, "", { key: "heard", descending: false }))).toEqual(["b", "a"]);
    expect(ids(select(all, null, "", { key: "heard", descending: true }))).toEqual(["a", "b"]);
  });

  it("leaves its input as it was", () => {
    const all = [device("b"), device("a")];
    select(all, null, "", troubledFirst);
    expect(ids(all)).toEqual(["b", "a"]);
  });
});

describe("the search", () => {
  const all = [
    device("gate-7", { name: "北门", address: "10.1.0.7", tags: ["North", "outdoor"] }),
    device("hall-1", { name: "Hall", address: "10.2.0.1" }),
  ];
  it.each([
    ["gate", ["gate-7"]],
    ["北门", ["gate-7"]],
    ["10.2.", ["hall-1"]],
    ["NORTH gate", ["gate-7"]],
    ["north hall", []],
    ["  ", ["gate-7", "hall-1"]],
  ])("finds %s", (search, expected) => {
    expect(ids(select(all, null, search, { key: "device", descending: false })).sort()).toEqual(expected);
  });

  it("goes together with a state", () => {
    expect(select(all, "locked", "gate", troubledFirst)).toEqual([]);
  });
});
