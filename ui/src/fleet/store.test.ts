import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Listing } from "../api";
import { EventHub } from "../live/event_hub";
import type { HubEvent } from "../live/event_hub";
import type { Summary } from "../types";
import { FleetStore } from "./store";

const device = (id: string, state: Summary["state"] = "online"): Summary => ({
  id,
  name: id,
  drivers: ["hikvision"],
  address: "10.0.0.1",
  state,
  reason: "fleet.connected",
  since: "2030-01-01T00:00:00.000Z",
  facts: { model: "M" },
});

// A store on a stream that the test speaks for.
function make(list: Summary[], slow: Promise<void> = Promise.resolve()) {
  let tell!: (event: HubEvent) => void;
  let opened!: () => void;
  const hub = {
    state: "open" as EventHub["state"],
    seeds: [] as (string | null)[],
    listen: (listener: (event: HubEvent) => void) => ((tell = listener), () => undefined),
    watch: (changed: () => void) => ((opened = changed), () => undefined),
    seed(cursor: string | null) {
      this.seeds.push(cursor);
    },
  };
  const waiting: ((listing: Listing) => void)[] = [];
  const asked: string[][] = [];
  const store = new FleetStore(
    {
      summaries: () => new Promise((resolve) => waiting.push(resolve)),
      summariesOf: (ids) => (asked.push([...ids]), slow.then(() => ids.filter((id) => id !== "ghost").map((id) => device(id, "waiting")))),
    },
    hub as unknown as EventHub,
  );
  const answer = async (items = list) => {
    waiting.shift()!({ items, cursor: "r-1" });
    await vi.advanceTimersByTimeAsync(0);
  };
  const states = () => Object.fromEntries((store.view.devices ?? []).map((each) => [each.id, each.state]));
  return { store, hub, waiting, asked, answer, states, tell: (event: HubEvent) => tell(event), opened: () => opened() };
}
const move = (id: string, to: Summary["state"], reason = "net.timeout"): HubEvent =>
  ({ kind: "move", type: "move", device: id, to, reason, text: "No answer.", at: "2030-01-02T00:00:00.000Z" }) as HubEvent;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("keeps what it read true by the events, and counts", async () => {
  const { store, hub, answer, states, tell } = make([device("a"), device("b")]);
  const changed = vi.fn();
  store.use(changed);
  await answer();
  expect(hub.seeds).toEqual(["r-1"]);
  expect(store.view.counts.online).toBe(2);
  tell(move("a", "backoff"));
  tell(move("b", "locked"));
  tell(move("b", "waiting"));
  const before = changed.mock.calls.length;
  await vi.advanceTimersByTimeAsync(300);
  expect(changed.mock.calls.length).toBe(before + 1); // one change for all of them
  expect(states()).toEqual({ a: "backoff", b: "waiting" });
  expect(store.view.counts).toMatchObject({ online: 0, backoff: 1, waiting: 1 });
  expect(store.texts.get("net.timeout")).toBe("No answer.");
});

it("loses no event that comes while the list is read", async () => {
  const { store, answer, states, tell } = make([device("a"), device("b")]);
  store.use(() => undefined);
  tell(move("a", "backoff"));
  tell({ kind: "removed", device: "b" });
  await answer();
  expect(states()).toEqual({ a: "backoff" });
});

it("asks for devices that are added or changed, and forgets who is gone meanwhile", async () => {
  const { store, answer, asked, states, tell } = make([device("a")]);
  store.use(() => undefined);
  await answer();
  tell({ kind: "added", device: "new" });
  tell({ kind: "changed", device: "a" });
  tell({ kind: "changed", device: "ghost" });
  await vi.advanceTimersByTimeAsync(300);
  expect(asked).toEqual([["new", "a", "ghost"]]);
  expect(states()).toEqual({ a: "waiting", new: "waiting" });
});

it("does not believe an answer that events have overtaken", async () => {
  let arrive!: () => void;
  const { store, answer, asked, states, tell } = make([device("a"), device("b")], new Promise((resolve) => (arrive = resolve)));
  store.use(() => undefined);
  await answer();
  tell({ kind: "changed", device: "a" });
  tell({ kind: "changed", device: "b" });
  await vi.advanceTimersByTimeAsync(300);
  expect(asked).toEqual([["a", "b"]]);
  tell({ kind: "removed", device: "a" });
  tell(move("b", "backoff"));
  arrive();
  await vi.advanceTimersByTimeAsync(0);
  expect(states()).toEqual({ b: "backoff" }); // and not a again, nor b as it was before
  await vi.advanceTimersByTimeAsync(600);
  expect(asked).toEqual([["a", "b"], ["b"]]);
});

it("reads all again after a reset, and when a first stream opens late", async () => {
  const { store, hub, answer, waiting, states, tell, opened } = make([device("a")]);
  hub.state = "connecting";
  store.use(() => undefined);
  expect(waiting.length).toBe(0); // it waits for the stream, but not for ever
  await vi.advanceTimersByTimeAsync(2_000);
  await answer();
  hub.state = "open";
  opened();
  expect(waiting.length).toBe(1);
  await answer([device("a", "locked")]);
  expect(states()).toEqual({ a: "locked" });
  tell({ kind: "reset", cause: "overrun" });
  await answer([device("c")]);
  expect(states()).toEqual({ c: "online" });
});

it("polls while there is no stream, and rests when nobody looks", async () => {
  const { store, hub, answer, waiting } = make([device("a")]);
  hub.state = "down";
  const leave = store.use(() => undefined);
  await answer();
  await vi.advanceTimersByTimeAsync(18_000);
  expect(waiting.length).toBe(1);
  await answer();
  leave();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(waiting.length).toBe(0);
});

it("does not read a fleet that comes online all at once without a pause", async () => {
  const many = Array.from({ length: 2000 }, (_, i) => ({ ...device(`d${i}`, "connecting"), facts: null }));
  const { store, answer, waiting, tell } = make(many);
  store.use(() => undefined);
  await answer();
  for (const each of many) tell(move(each.id, "online"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(waiting.length).toBe(0);
  expect(store.view.counts.online).toBe(2000);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(waiting.length).toBe(1);
});
