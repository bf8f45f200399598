import { expect, it } from "vitest";
import { deviceHref, parseRoute } from "./router";

it.each([
  ["", { page: "fleet", query: {} }],
  ["#/", { page: "fleet", query: {} }],
  ["#/?state=locked&q=a?b", { page: "fleet", query: { state: "locked", q: "a?b" } }],
  ["#/wall?n=4", { page: "wall", query: { n: "4" } }],
  ["#/tokens/x", { page: "unknown" }],
  ["#/devices/gate-7", { page: "device", id: "gate-7", channel: 1, profile: "main" }],
  ["#/devices/nvr/16/sub", { page: "device", id: "nvr", channel: 16, profile: "sub" }],
  ["#/devices/nvr/0", { page: "unknown" }],
  ["#/devices/nvr/1/fourth", { page: "unknown" }],
  ["#/devices/%E0%A4%A", { page: "unknown" }],
  ["#/elsewhere", { page: "unknown" }],
])("reads %s", (hash, route) => {
  const parsed = parseRoute(hash);
  const seen: unknown = "query" in parsed ? { ...parsed, query: Object.fromEntries(parsed.query) } : parsed;
  expect(seen).toEqual(route);
});

it("writes what it reads", () => {
  expect(parseRoute(deviceHref("a/b", 3, "sub"))).toEqual({ page: "device", id: "a/b", channel: 3, profile: "sub" });
  expect(deviceHref("gate-7")).toBe("#/devices/gate-7");
});
