import { beforeEach, expect, it, vi } from "vitest";
import type { LedgerEntry, Page } from "../types";
import { EventHistory, type HistoryOptions } from "./history";

const options: HistoryOptions = { pageSize: 10, most: 60, catchUpPages: 3, restMs: 1 };

// A ledger that grows while it is read; a cursor is the last number that was given.
function make(count: number) {
  let newest = count;
  const asked: URLSearchParams[] = [];
  let failing = false;
  const source = {
    async events(query: URLSearchParams): Promise<Page<LedgerEntry>> {
      asked.push(query);
      await Promise.resolve();
      if (failing) throw new Error("no");
      const before = Number(query.get("cursor") ?? newest + 1);
      const limit = Number(query.get("limit"));
      const items = Array.from({ length: Math.min(limit, before - 1) }, (_, i) => entry(before - 1 - i));
      const last = items.at(-1)?.seq ?? 1;
      return { items, next: last > 1 ? String(last) : null };
    },
  };
  const history = new EventHistory(source, new URLSearchParams({ type: "vmd" }), options);
  const commit = (number: number) => {
    newest += number;
    history.ring();
  };
  return { history, asked, commit, fail: (value: boolean) => (failing = value) };
}
const entry = (seq: number): LedgerEntry => ({ seq, id: `e${seq}/pulse`, event: `e${seq}`, state: "pulse", device: "a", channel: 1, type: "vmd", received: "2026-01-01T00:00:00.000Z" });
const seqs = (history: EventHistory) => (history.view.rows ?? []).map((each) => each.seq);
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

beforeEach(() => void vi.useFakeTimers());
const settle = () => vi.advanceTimersByTimeAsync(50);

it("reads the newest, and older ones until there are none", async () => {
  const { history, asked } = make(25);
  history.start();
  await settle();
  expect(seqs(history)).toEqual(down(25, 16));
  expect(asked[0]!.get("type")).toBe("vmd");
  await history.more();
  await history.more();
  expect(seqs(history)).toEqual(down(25, 1));
  expect(history.view.complete).toBe(true);
  await history.more();
  expect(asked.length).toBe(3);
});

it("puts new ones on top without a hole and nothing twice, over as many pages as it takes", async () => {
  const { history, commit } = make(12);
  history.start();
  await settle();
  commit(3);
  commit(1);
  await settle();
  expect(seqs(history)).toEqual(down(16, 3));
  commit(25);
  await settle();
  expect(seqs(history)).toEqual(down(41, 3));
  await history.more();
  expect(seqs(history)).toEqual(down(41, 1));
});

it("begins anew where more came than it would read", async () => {
  const { history, commit } = make(12);
  history.start();
  await settle();
  commit(500);
  await settle();
  expect(seqs(history)).toEqual(down(512, 503));
  await history.more();
  expect(seqs(history)).toEqual(down(512, 493));
});

it("lets new ones wait while the reader is further down", async () => {
  const { history, commit } = make(12);
  history.start();
  await settle();
  history.hold(true);
  commit(4);
  await settle();
  commit(2);
  await settle();
  expect(seqs(history)[0]).toBe(12);
  expect(history.view.waiting).toBe(6);
  await history.more();
  history.hold(false);
  expect(seqs(history)).toEqual(down(18, 1));
  expect(history.view.waiting).toBe(0);

  history.hold(true);
  commit(400);
  await settle();
  expect(history.view.overflown).toBe(true);
  expect(seqs(history)[0]).toBe(18);
  history.reveal();
  await settle();
  expect(seqs(history)).toEqual(down(418, 409));
});

it("keeps what it has when a question fails, and goes on", async () => {
  const { history, commit, fail } = make(30);
  history.start();
  await settle();
  fail(true);
  commit(2);
  await settle();
  expect(history.view.error).not.toBeNull();
  expect(seqs(history)[0]).toBe(30);
  fail(false);
  history.ring();
  await settle();
  expect(history.view.error).toBeNull();
  expect(seqs(history)).toEqual(down(32, 21));
});

it("keeps no more than it may", async () => {
  const { history } = make(1_000);
  history.start();
  await settle();
  for (let i = 0; i < 20; ++i) await history.more();
  expect(history.view.full).toBe(true);
  expect(seqs(history)).toEqual(down(1_000, 941));
});

it("lets the oldest go for new ones", async () => {
  const { history, commit } = make(70);
  history.start();
  await settle();
  for (let i = 0; i < 8; ++i) await history.more();
  expect(seqs(history)).toEqual(down(70, 11));
  commit(8);
  await settle();
  expect(seqs(history)).toEqual(down(78, 19));
});

it("says nothing after it was stopped, and comes back without a hole", async () => {
  const { history, commit } = make(12);
  history.start();
  await settle();
  history.stop();
  commit(5);
  await settle();
  expect(seqs(history)[0]).toBe(12);
  history.start();
  await settle();
  expect(seqs(history)).toEqual(down(17, 3));
});
