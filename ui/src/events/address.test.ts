import { expect, it } from "vitest";
import { eventQuery, fromLocal, isNarrowed, mayConcern, noEventFilter, parseEventQuery, toLocal } from "./address";

it("reads back what it writes", () => {
  const filter = { device: "gate-7", channel: "3", type: "vmd", state: "start", from: "2026-11-22T14:00:00.000Z", to: "2026-11-23T00:00:00.000Z" } as const;
  expect(parseEventQuery(eventQuery(filter))).toEqual(filter);
  expect(eventQuery(noEventFilter).toString()).toBe("");
  expect(isNarrowed(filter)).toBe(true);
  expect(isNarrowed(noEventFilter)).toBe(false);
});

it("leaves out what it does not understand", () => {
  const query = new URLSearchParams({ device: "x".repeat(500), channel: "-1", state: "__proto__", from: "yesterday", to: "<b>" });
  expect(parseEventQuery(query)).toEqual({ ...noEventFilter, device: "x".repeat(128) });
});

it("asks only for what may be seen", () => {
  const now = Date.parse("2026-11-22T14:00:00Z");
  expect(mayConcern(noEventFilter, {}, now)).toBe(true);
  expect(mayConcern({ ...noEventFilter, device: "a" }, { device: "b" }, now)).toBe(false);
  expect(mayConcern({ ...noEventFilter, type: "vmd" }, { device: "b", type: "vmd" }, now)).toBe(true);
  expect(mayConcern({ ...noEventFilter, to: "2026-11-22T13:00:00.000Z" }, {}, now)).toBe(false);
});

it("has a reader's own time in its fields", () => {
  const at = new Date(2026, 2, 4, 5, 6);
  expect(toLocal(at.toISOString())).toBe("2026-03-04T05:06");
  expect(fromLocal("2026-03-04T05:06")).toBe(at.toISOString());
  expect([toLocal(""), toLocal("x"), fromLocal(""), fromLocal("x")]).toEqual(["", "", "", ""]);
});
