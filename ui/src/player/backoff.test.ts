import { expect, it } from "vitest";
import { Backoff } from "./backoff";

it("doubles up to its cap and starts over after a success", () => {
  const backoff = new Backoff(() => 1, 500, 15_000);
  const waits = Array.from({ length: 8 }, () => backoff.next());
  expect(waits).toEqual([750, 1250, 2250, 4250, 8250, 15_250, 15_250, 15_250]);
  backoff.reset();
  expect(backoff.next()).toBe(750);
});

it("spreads attempts but never asks at once", () => {
  expect(new Backoff(() => 0).next()).toBe(250);
});
