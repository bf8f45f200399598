import { describe, expect, it } from "vitest";
import { states, type Summary } from "../types";
import { filterQuery, parseQuery, toQuery } from "./address";
import { group, noFilter, orderByName, select, subnetOf, troubledFirst, type Filter, type Sort } from "./order";

function device(id: string, more: Partial<Summary> = {}): Summary {
  return {
    id,
    name: id,
    drivers: ["hikvision"],
    address: "10.0.0.1",
    state: "online",
    reason: "fleet.connected",
    since: "2030-01-01T00:00:00.000Z",
    ...more,
  };
}

const ids = (devices: readonly Summary[]) => devices.map((each) => each.id);
const chosen = (all: Summary[], filter: Partial<Filter>, sort: Sort = troubledFirst) =>
  ids(select(orderByName(all).map((id) => all.find((each) => each.id === id)!), { ...noFilter, ...filter }, sort));

describe("the order", () => {
  it("puts the troubled first and the switched off last", () => {
    const all = states.map((state) => device(state, { state }));
    expect(chosen(all, {})).toEqual(["rejected", "locked", "backoff", "degraded", "connecting", "waiting", "online", "disabled"]);
  });

  it("counts like a person, in names and in addresses", () => {
    const all = ["cam-10", "cam-9", "Cam-1"].map((id, i) => device(id, { address: `10.0.0.${[100, 20, 3][i]}` }));
    expect(chosen(all, {})).toEqual(["Cam-1", "cam-9", "cam-10"]);
    expect(chosen(all, {}, { key: "address", descending: true })).toEqual(["cam-10", "cam-9", "Cam-1"]);
  });

  it("leaves its input as it was", () => {
    const all = [device("b"), device("a")];
    chosen(all, {});
    expect(ids(all)).toEqual(["b", "a"]);
  });
});

describe("the filters", () => {
  const all = [
    device("gate-7", { name: "北门", address: "10.1.0.7", tags: ["North", "outdoor"], facts: { model: "DS-2CD" } }),
    device("hall-1", { name: "Hall", address: "10.2.0.1", drivers: ["rtsp"], state: "backoff", reason: "net.timeout" }),
  ];
  it.each([
    [{ q: "gate" }, ["gate-7"]],
    [{ q: "北门" }, ["gate-7"]],
    [{ q: "10.2." }, ["hall-1"]],
    [{ q: "ds-2cd" }, ["gate-7"]],
    [{ q: "north hall" }, []],
    [{ q: "  " }, ["hall-1", "gate-7"]],
    [{ driver: "rtsp" }, ["hall-1"]],
    [{ reason: "net.timeout" }, ["hall-1"]],
    [{ tags: ["outdoor", "indoor"] }, ["gate-7"]],
    [{ states: ["locked", "backoff"] as const }, ["hall-1"]],
    [{ states: ["locked"] as const, q: "gate" }, []],
  ])("take %j", (filter, expected) => {
    expect(chosen(all, filter)).toEqual(expected);
  });

  it("tell the blind from the quiet, where anybody knows", () => {
    const who = new Set(["hall-1"]);
    const by = (blind: "true" | "false", known: Set<string> | null) => ids(select(all, { ...noFilter, blind }, troubledFirst, known));
    expect(by("true", who)).toEqual(["hall-1"]);
    expect(by("false", who)).not.toContain("hall-1");
    expect(by("true", null).length).toBe(all.length);
  });

  it("come back out of the address as they went in", () => {
    const view = {
      filter: { states: ["backoff", "locked"], tags: ["a,b", "北 门"], driver: "rtsp", reason: "net.timeout", q: "x&y=#?", blind: "true" },
      sort: { key: "since", descending: true },
      group: "subnet",
      layout: "list",
    } as const;
    expect(parseQuery(new URLSearchParams(toQuery(view as never).toString()))).toEqual(view);
    expect(toQuery(parseQuery(new URLSearchParams("state=nonsense&sort=-no&group=x&view=y"))).toString()).toBe("");
    expect(filterQuery(view.filter as never).getAll("tag")).toEqual(["a,b", "北 门"]);
  });
});

describe("groups", () => {
  it.each([
    ["10.1.2.3", "10.1.2.0/24"],
    ["cam.example", ""],
    ["fe80::1", "fe80:0:0:0::/64"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ])("know the subnet of %s", (address, subnet) => {
    expect(subnetOf(address)).toBe(subnet);
  });

  it("keep the order inside, and put the ones without a key last", () => {
    const all = [device("a", { tags: ["z"] }), device("b"), device("c", { tags: ["floor 10"] }), device("d", { tags: ["floor 9", "z"] })];
    expect(group(all, "none")[0]!.troubled).toBe(0);
    expect(group([...all, device("e", { state: "locked" })], "state").map((each) => [each.key, each.troubled])).toEqual([
      ["locked", 1],
      ["online", 0],
    ]);
    expect(group(all, "tag").map((each) => [each.key, ids(each.devices)])).toEqual([
      ["floor 9", ["d"]],
      ["floor 10", ["c"]],
      ["z", ["a"]],
      ["", ["b"]],
    ]);
  });
});
