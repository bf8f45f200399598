import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../api";
import type { EventHub, HubEvent } from "../live/event_hub";
import type { BlindInterval, Page } from "../types";
import { BlindStore } from "./store";

function make() {
  let now: BlindInterval[] = [];
  let failure: unknown = null;
  const asked: string[] = [];
  let listener: ((event: HubEvent) => void) | null = null;
  const hub = {
    listen(given: (event: HubEvent) => void) {
      listener = given;
      return () => (listener = null);
    },
  } as unknown as EventHub;
  const source = {
    blind(query: URLSearchParams): Promise<Page<BlindInterval>> {
      asked.push(query.toString());
      return failure === null ? Promise.resolve({ items: now, next: null }) : Promise.reject(failure);
    },
  };
  const store = new BlindStore(source, hub);
  return { store, asked, tell: (event: HubEvent) => listener?.(event), heard: () => listener !== null, set: (items: BlindInterval[]) => (now = items), fail: (error: unknown) => (failure = error) };
}
const since = (device: string, to: string | null = null): BlindInterval => ({ device, from: "2026-01-01T00:00:00.000Z", to, reason: "blind.link_down" });
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("knows who is blind while somebody looks, and asks soon after a move", async () => {
  const { store, asked, tell, heard, set } = make();
  set([since("a"), since("b", "2026-01-02T00:00:00.000Z")]);
  let changes = 0;
  const stop = store.use(() => ++changes);
  expect(store.view).toBeNull();
  await wait(1);
  expect([...(store.view ?? [])].map(([id]) => id)).toEqual(["a"]);
  expect(asked[0]).toContain("open=true");
  const before = changes;
  await wait(11_000);
  expect(asked.length).toBe(2);
  expect(changes).toBe(before);
  set([]);
  tell({ kind: "move", device: "a" });
  tell({ kind: "alarm", type: "camfleet.blind" });
  tell({ kind: "alarm", type: "vmd" });
  await wait(1_100);
  expect(asked.length).toBe(3);
  expect(store.view?.size).toBe(0);
  stop();
  expect(heard()).toBe(false);
  await wait(60_000);
  expect(asked.length).toBe(3);
});

it("says that nobody knows where the gateway does not, and asks a gateway without them seldom", async () => {
  const { store, asked, set, fail } = make();
  set([since("a")]);
  const stop = store.use(() => undefined);
  await wait(1);
  fail(new ApiError("net.reset", 502, ""));
  await wait(11_000);
  expect(store.view).toBeNull();
  fail(new ApiError("api.not_found", 404, ""));
  await wait(11_000);
  const before = asked.length;
  await wait(30_000);
  expect(asked.length).toBe(before);
  stop();
});
