import { expect, it } from "vitest";
import { chooseForm } from "./fallback";

const hevc = "video/mp4; codecs=\"hvc1\"";

it.each([
  ["what was asked for while nothing is refused", [], "main", { kind: "video", profile: "main" }],
  ["the sub stream where it is H.264", ["main"], "main", { kind: "video", profile: "sub" }],
  ["the third where main and sub are refused", ["main", "sub"], "sub", { kind: "video", profile: "third" }],
  ["pictures where nothing else is left", ["main", "sub", "third"], "main", { kind: "pictures", profile: "main" }],
] as const)("takes %s", (_what, refused, wanted, form) => {
  const profiles = [{ profile: "main" as const, codec: "h265" }, { profile: "sub" as const, codec: "h264" }, { profile: "third" as const }];
  expect(chooseForm(wanted, profiles, new Map(refused.map((each) => [each, hevc])))).toEqual(form);
});

it("does not try another stream of a codec that was just refused", () => {
  const profiles = [{ profile: "main" as const, codec: "h265" }, { profile: "sub" as const, codec: "h265" }];
  expect(chooseForm("main", profiles, new Map([["main", hevc]]))).toEqual({ kind: "pictures", profile: "main" });
});
