import { expect, it } from "vitest";
import { Meter } from "./meter";

it("measures frames and kilobits a second over a short window", () => {
  const meter = new Meter();
  expect(meter.rates(0, 0)).toEqual({ fps: 0, kbps: 0 });
  meter.addBytes(125_000);
  expect(meter.rates(1000, 25)).toEqual({ fps: 25, kbps: 1000 });
});

it("forgets what is older than its window", () => {
  const meter = new Meter();
  for (let s = 0; s <= 10; ++s) meter.rates(s * 1000, s * 25);
  for (let s = 11; s <= 20; ++s) meter.rates(s * 1000, 250);
  expect(meter.rates(21_000, 250).fps).toBe(0);
});

it("starts over when the video was replaced", () => {
  const meter = new Meter();
  meter.rates(0, 500);
  expect(meter.rates(1000, 3).fps).toBe(0);
});
