import { expect, it } from "vitest";
import type { Sink } from "../types";
import { sinkKinds } from "../types";
import { listOf, sinkBody, sinkFields, targetOf } from "./fields";

const form = (values: Record<string, string>) => ({ get: (name: string) => values[name] ?? null });
const sink = (more: Partial<Sink> = {}): Sink => ({ id: "a", kind: "webhook", enabled: true, paused: false, state: "idle", cursor: 0, newest: 0, pending: 0, delivered: 0, parked: 0, last_delivery: null, next_attempt: null, revision: 1, ...more });

it("sends of a new sink what was said, and nothing that holds anyway", () => {
  const body = sinkBody(form({ id: "hook", url: " https://x/ ", secret: "", token: "t", batch: "1", connections: "4", timeout_s: "", enabled: "on", types: "vmd, io，vmd", channels: "1;x;2" }), "webhook", null);
  expect(body).toEqual({
    id: "hook",
    kind: "webhook",
    url: "https://x/",
    token: "t",
    connections: 4,
    filter: { devices: [], tags: [], types: ["vmd", "io"], channels: [1, 2] },
  });
});

it("gives an emptied field of an old one its default back, leaves an empty secret, and forgets one when told", () => {
  const given = sink({ kind: "mqtt", url: "mqtt://b", topic: "t", version: 5, in_flight: 50, payload: false, secrets: ["password"] });
  const body = sinkBody(form({ url: "mqtt://b", topic: "", version: "4", password: "", in_flight: "50" }), "mqtt", given);
  expect(body).toEqual({ topic: null, version: 4, enabled: false });
  expect("password" in body).toBe(false);
  expect("id" in body || "kind" in body || "start" in body).toBe(false);
  expect(sinkBody(form({ "forget password": "on", password: "x" }), "mqtt", given).password).toBeNull();
});

it("names where each kind leads", () => {
  expect(targetOf(sink({ url: "https://x/", topic: "" }))).toBe("https://x/");
  expect(targetOf(sink({ kind: "kafka", brokers: "k:9092", topic: "t" }))).toBe("k:9092 → t");
  expect(targetOf(sink({ kind: "dapr", url: "http://d", pubsub: "p", topic: "t" }))).toBe("http://d → p / t");
  expect(targetOf(sink({ kind: "file", path: "e.jsonl" }))).toBe("e.jsonl");
  expect(listOf(" a,, a ;b")).toEqual(["a", "b"]);
});

it("has fields of each name once for each kind, and what is required is never hidden", () => {
  for (const kind of sinkKinds) {
    const fields = sinkFields[kind];
    expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length);
    expect(fields.filter(({ required, rare }) => required === true && rare === true)).toEqual([]);
  }
});
