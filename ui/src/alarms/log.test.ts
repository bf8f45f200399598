import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { HubEvent } from "../live/event_hub";
import { AlarmLog, kept } from "./log";

const alarm = (id: string, more: Record<string, unknown> = {}): HubEvent =>
  ({ kind: "alarm", id, device: "gate-7", channel: 1, type: "VMD", phase: "active", received: "2030-01-01T00:00:00.000Z", ...more }) as HubEvent;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("has the newest first, each once, and one change of the page for a burst", () => {
  const log = new AlarmLog();
  const changed = vi.fn();
  log.watch(changed);
  for (const id of ["r-1", "r-2", "r-2", "r-3"]) log.heard(alarm(id));
  vi.advanceTimersByTime(1_000);
  expect(log.all.map((each) => each.id)).toEqual(["r-3", "r-2", "r-1"]);
  expect(changed).toHaveBeenCalledTimes(1);
});

it("keeps a bounded number, however many come", () => {
  const log = new AlarmLog();
  for (let i = 0; i < 3 * kept; ++i) log.heard(alarm(`r-${i}`));
  vi.advanceTimersByTime(1_000);
  expect(log.all.length).toBe(kept);
  expect(log.all[0]!.id).toBe(`r-${3 * kept - 1}`);
});

it("takes only what is an alarm, and of it only what has the right kind", () => {
  const log = new AlarmLog();
  log.heard({ kind: "move", device: "gate-7" });
  log.heard(alarm("r-1", { device: 7 }));
  log.heard(alarm("r-2", { description: { no: "text" }, count: "many", left_out: 4 }));
  vi.advanceTimersByTime(1_000);
  expect(log.all).toMatchObject([{ id: "r-2", description: "", count: 1, left_out: 4 }]);
});
