import { expect, it } from "vitest";
import { ago, bitRate, duration } from "./format";

it.each([
  [0, "0 sec"],
  [59_999, "59 sec"],
  [60_000, "1 min"],
  [3_599_000, "59 min"],
  [7_200_000, "2 hr"],
  [86_400_000, "1 day"],
  [-5_000, "5 sec"],
])("writes %i ms as %s", (ms, text) => {
  expect(duration("en", ms)).toBe(text);
});

it("writes durations in Chinese", () => {
  expect(duration("zh", 180_000)).toBe("3分钟");
});

it("never lets a clock that differs show a time before zero", () => {
  expect(ago("en", "2030-01-01T00:00:10.000Z", Date.parse("2030-01-01T00:00:00Z"))).toBe("0 sec");
});

it("writes nothing where there is no time", () => {
  expect(ago("en", null, 0)).toBe("");
  expect(ago("en", "never", 0)).toBe("");
});

it.each([
  [250.4, "250 kbit/s"],
  [1049, "1.0 Mbit/s"],
])("writes %d kbit/s as %s", (kbps, text) => {
  expect(bitRate("en", kbps)).toBe(text);
});
