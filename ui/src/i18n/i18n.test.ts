import { describe, expect, it } from "vitest";
import { catalogue, type Key } from "./catalogue";
import { errorText, preferredLanguage, textOf } from "./text";

const sources = import.meta.glob("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

describe("the catalogue", () => {
  const entries = Object.entries(catalogue) as [Key, readonly [string, string]][];

  it.each(entries)("has %s in both languages, with the same names to fill in", (_key, [en, zh]) => {
    expect(en.trim()).not.toBe("");
    expect(zh.trim()).not.toBe("");
    const names = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
    expect(names(zh)).toEqual(names(en));
  });

  it("speaks English in the one and Chinese in the other", () => {
    const strangers = entries.filter(([key]) => !key.startsWith("app.language"));
    expect(strangers.filter(([, [en]]) => /\p{Script=Han}/u.test(en)).map(([key]) => key)).toEqual([]);
    const sameIsFine = new Set<Key>(["app.none", "fleet.shown", "fact.mac", "sinks.kind.mqtt", "sinks.kind.kafka", "sinks.kind.dapr"]);
    expect(strangers.filter(([key, [en, zh]]) => en === zh && !sameIsFine.has(key)).map(([key]) => key)).toEqual([]);
  });

  it("holds nothing that no page uses", () => {
    const code = Object.entries(sources)
      .filter(([path]) => path.startsWith("../"))
      .map(([, text]) => String(text))
      .join("\n");
    const families = [
      ...["add.hikvision", "add.hcnetsdk", "add.rtsp", "add.sdk_login.", "state.", "error.", "links.ttl.", "app.theme.", "column.", "live.main", "live.sub", "live.third"],
      ...["device.enable", "device.disable", "device.reconnect", "device.remove", "bulk.", "group.", "view.", "ptz.", "alarm.", "role."],
      ...["tokens.ttl.", "import.", "events.view.", "events.span.", "events.state.", "account.delivered", "account.parked", "account.pending"],
      ...["sinks.kind.", "sinks.field.", "sinks.state.", "health."],
    ];
    const unused = entries
      .map(([key]) => key)
      .filter((key) => !families.some((family) => key.startsWith(family)) && !code.includes(`"${key}"`));
    expect(unused).toEqual([]);
  });
});

it("fills in names and leaves unknown ones", () => {
  expect(textOf("en", "fleet.shown", { shown: 3 })).toBe("3 of {total}");
});

it("takes hostile values as they are", () => {
  expect(textOf("en", "device.remove.confirm", { name: "{name}<b>$&" })).toBe("Remove {name}<b>$&?");
});

it("knows error codes by catalogue, and no others", () => {
  expect(errorText("zh", "media.stalled")).toBe("码流停止发送。");
  expect(errorText("en", "no.such")).toBeNull();
  expect(errorText("en", "__proto__")).toBeNull();
});

it.each([
  ["zh", "en-US", "zh"],
  [null, "zh-TW", "zh"],
  [null, "de", "en"],
  ["fr", "zh", "zh"],
])("chooses a language: stored %s, browser %s", (stored, browser, expected) => {
  expect(preferredLanguage(stored, browser)).toBe(expected);
});
