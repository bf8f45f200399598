import { describe, expect, it } from "vitest";
import { advise, defaultTuning as tuning, rangesOf, widen } from "./live_edge";

describe("advise", () => {
  it("has nothing to say about an empty buffer", () => {
    expect(advise([], 5, tuning)).toEqual({ rate: 1, behind: 0 });
  });

  it("starts at the live edge although the media do not start at zero", () => {
    expect(advise([{ start: 100, end: 101 }], 0, tuning).seek).toBeCloseTo(100.7);
  });

  it("starts at the first picture where less than the target is buffered", () => {
    expect(advise([{ start: 100, end: 100.04 }], 0, tuning).seek).toBe(100);
  });

  it("leaves playback near the edge alone", () => {
    const advice = advise([{ start: 0, end: 10 }], 9.7, tuning);
    expect(advice.seek).toBeUndefined();
    expect(advice.rate).toBe(1);
    expect(advice.behind).toBeCloseTo(0.3);
  });

  it("plays a little faster when it is slightly behind", () => {
    const advice = advise([{ start: 0, end: 10 }], 8.9, tuning);
    expect(advice.seek).toBeUndefined();
    expect(advice.rate).toBeGreaterThan(1);
  });

  it("jumps when it is more than a second and a half behind", () => {
    expect(advise([{ start: 0, end: 10 }], 8.49, tuning).seek).toBeCloseTo(9.7);
  });

  it("crosses a gap into the newest range", () => {
    expect(advise([{ start: 0, end: 4 }, { start: 5, end: 5.4 }], 4, tuning).seek).toBeCloseTo(5.1);
  });

  it("returns when playback ran past the end", () => {
    expect(advise([{ start: 0, end: 4 }], 4.2, tuning).seek).toBeCloseTo(3.7);
  });

  it("trims in steps, and keeps more than the longest group of pictures behind the picture", () => {
    expect(advise([{ start: 0, end: 40 }], 39.9, tuning).trim).toBeUndefined();
    expect(advise([{ start: 0, end: 42.2 }], 42, tuning).trim).toEqual({ start: 0, end: 12 });
  });

  it("never trims what it is about to play", () => {
    const advice = advise([{ start: 0, end: 60 }], 1, tuning);
    expect(advice.trim?.end).toBeLessThan(advice.seek ?? 0);
  });
});

it("widens the distance with each stall, but stays live", () => {
  let wide = tuning;
  for (let i = 0; i < 50; ++i) wide = widen(wide);
  expect(wide.target).toBe(1);
  expect(wide.jump).toBe(2);
});

it("reads TimeRanges", () => {
  expect(rangesOf({ length: 2, start: (i) => i * 10, end: (i) => i * 10 + 5 })).toEqual([
    { start: 0, end: 5 },
    { start: 10, end: 15 },
  ]);
});
