import { expect, it } from "vitest";
import { codecNames } from "./codec_names";

it("codecs are called what people call them", () => {
  expect(codecNames('video/mp4; codecs="avc1.4d401f,mp4a.40.2"')).toEqual(["H.264", "AAC"]);
  expect(codecNames('video/mp4; codecs="hvc1.1.6.L93.B0, opus"')).toEqual(["H.265", "Opus"]);
  expect(codecNames("h265")).toEqual(["H.265"]);
  expect(codecNames('audio/mp4; codecs="mp4a.40.2"')).toEqual(["AAC"]);
});

it("what has no other name keeps its own, within bounds", () => {
  expect(codecNames('video/mp4; codecs="av01.0.04M.08"')).toEqual(["av01.0.04M.08"]);
  expect(codecNames("x".repeat(500))).toEqual(["x".repeat(40)]);
  expect(codecNames("")).toEqual([]);
});
