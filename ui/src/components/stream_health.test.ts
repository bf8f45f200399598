import { expect, it } from "vitest";
import { lookOfStream } from "./stream_health";

it.each([
  ["live", null, "live"],
  ["live", "media.quiet", "quiet"],
  ["live", "media.no_key_frame", "broken"],
  ["encrypted", "media.encrypted", "broken"],
  ["reconnecting", "net.timeout", "broken"],
  ["starting", null, "starting"],
  ["ended", "media.stalled", "broken"],
  ["ended", null, "idle"],
  ["idle", null, "idle"],
  ["something new", null, "broken"],
])("a stream that is %s for %s is %s", (state, reason, look) => {
  expect(lookOfStream({ state, reason })).toBe(look);
});
