// Every page on a mock of 9,000 devices in every state: in both languages, light and dark, on a phone and on a desk, for a
// keyboard and for a screen reader, with names that mean harm.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { api, gateway, launch, openPage, plays, shoot, until } from "./console.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const devices = 9_000;
const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

let browser;
let mock;
let call;

before(async () => {
  mock = await gateway({ mockOnly: true, devices });
  call = api(mock);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  mock?.close();
});

async function open(hash, options = {}) {
  const opened = await openPage(browser, options);
  if (options.axe === true) await opened.page.addInitScript({ content: axe });
  await opened.page.goto(`${mock.url}/#token=${mock.token}`);
  await opened.page.locator("nav.nav").waitFor();
  if (hash !== undefined) await opened.page.goto(`${mock.url}/${hash}`);
  return opened;
}

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
const locked = (page) => page.locator('[data-chip="locked"]').getAttribute("data-count").then(Number);

// What axe finds wrong, in words short enough to be read in a report.
async function check(page) {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary}`));
}

const pages = [
  ["fleet", "#/", "[data-device]"],
  ["fleet-groups", "#/?group=subnet&view=map", ".map-heading"],
  ["device", "#/devices/cam-0001", "video"],
  ["device-rejected", "#/devices/cam-0014", "[data-advice]"],
  ["wall", "#/wall?n=4&s=cam-0001/1", "[data-tile]"],
  ["events", "#/events", "[data-event]"],
  ["event", "#/events?e=ev000000000000000000000004", "[data-event-detail]"],
  ["blind", "#/blind?open=false", "[data-blind-device]"],
  ["account", "#/account", "[data-account]"],
  ["sinks", "#/sinks", "[data-sink]"],
  ["found", "#/discovered", "[data-found]"],
  ["import", "#/import", ".drop"],
  ["tokens", "#/tokens", "#api-tokens"],
];

for (const [name, options] of [
  ["light, English, on a desk", { locale: "en-US", colorScheme: "light" }],
  ["dark, Chinese, on a phone", { locale: "zh-CN", colorScheme: "dark", ...phone }],
]) {
  test(`every page, ${name}`, async () => {
    const { page, trouble, close } = await open(undefined, { ...options, axe: true });
    const wrong = [];
    for (const [title, hash, there] of pages) {
      await page.goto(`${mock.url}/${hash}`);
      await page.locator(there).first().waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.lang), options.locale === "zh-CN" ? "zh-CN" : "en");
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), options.colorScheme);
      await shoot(page, `${title}-${options.colorScheme}-${options.locale}`);
      if ((await overflow(page)) > 0) wrong.push(`${title}: wider than the screen`);
      wrong.push(...(await check(page)).map((each) => `${title}: ${each}`));
    }
    await page.goto(`${mock.url}/#/`);
    await page.locator("[data-device]").first().waitFor();
    await page.keyboard.press("n");
    await page.locator("dialog[open]").waitFor();
    wrong.push(...(await check(page)).map((each) => `form: ${each}`));
    assert.deepEqual(wrong, []);
    assert.deepEqual(trouble, []);
    await close();
  });
}

test("the map is walked by keys, tells who is there, and opens a device", async () => {
  const { page, trouble, close } = await open("#/?state=locked");
  const option = page.locator("#map-active");
  await until("the map", async () => (await option.count()) === 1);
  await page.getByRole("listbox").focus();
  const first = await option.textContent();
  assert.match(first, /, locked, The device has locked/);
  assert.equal(await option.getAttribute("aria-posinset"), "1");
  await page.keyboard.press("ArrowRight");
  await until("the next device", async () => (await option.getAttribute("aria-posinset")) === "2");
  await page.keyboard.press("End");
  const total = await option.getAttribute("aria-setsize");
  await until("the last device", async () => (await option.getAttribute("aria-posinset")) === total);
  const tip = page.locator("[data-tip]");
  const id = await tip.getAttribute("data-tip");
  await shoot(page, "map-keys");
  await page.keyboard.press("Enter");
  await until("its page", () => page.url().endsWith(`#/devices/${id}`));
  // The way back leads to the same view.
  await page.locator("a.back").click();
  await until("the view", () => page.url().endsWith("#/?state=locked"));

  const box = await page.locator(".map-canvas").boundingBox();
  await page.mouse.move(box.x + 5, box.y + 5);
  await tip.waitFor();
  const pointed = await tip.getAttribute("data-tip");
  await page.mouse.click(box.x + 5, box.y + 5);
  await until("the page of the cell", () => page.url().endsWith(`#/devices/${pointed}`));
  assert.deepEqual(trouble, []);
  await close();
});

test("what happens is seen at once, and after an interruption nothing is missing", async () => {
  const { page, trouble, close } = await open("#/?q=cam-0003");
  const badge = page.locator('[data-device="cam-0003"] [data-state]');
  const shows = (state) => until(state, async () => (await badge.getAttribute("data-state")) === state);
  const requests = [];
  await shows("online");
  page.on("request", (request) => requests.push(request.url()));
  const before = await locked(page);
  mock.enter(mock.fleet.get("cam-0003"), "locked");
  await shows("locked");
  assert.equal(await locked(page), before + 1);
  assert.equal(requests.some((url) => /\/devices\?/.test(url)), false, "the list is not read again");
  mock.events.dropAll();
  mock.enter(mock.fleet.get("cam-0003"), "backoff");
  mock.fleet.delete("cam-9000");
  mock.events.tell("removed", { device: "cam-9000" });
  await shows("backoff");
  await until("one less", async () => Number(await page.locator('[data-chip="all"]').getAttribute("data-count")) === devices - 1);
  assert.ok(requests.some((url) => url.includes("/stream?cursor=")), "it came back where it was");
  mock.enter(mock.fleet.get("cam-0003"), "online");
  assert.deepEqual(trouble, []);
  await close();
});

test("filters stand in the address, and the address is the filter", async () => {
  const { page, trouble, close } = await open();
  await page.locator("[data-reason]").first().waitFor();
  await page.getByRole("button", { name: /^\d+ more$/ }).click(); // the less frequent ones too
  await page.locator('[data-reason="device.locked"]').click();
  await page.getByLabel("Tag", { exact: true }).selectOption("floor 3");
  await page.getByRole("searchbox").fill("gate");
  await page.getByRole("columnheader", { name: "Since" }).getByRole("button").click();
  await until("the address", () => {
    const query = new URLSearchParams(page.url().split("?")[1]);
    return query.get("state") === "locked" && query.get("reason") === "device.locked" && query.get("tag") === "floor 3" && query.get("q") === "gate" && query.get("sort") === "since";
  });
  const shown = () => page.locator(".toolbar-count").textContent();
  const text = await until("less than all", async () => (/^\d+ of/.test(await shown()) ? shown() : null));
  const other = await open(page.url().slice(page.url().indexOf("#")));
  await until("the same devices", async () => (await other.page.locator(".toolbar-count").textContent()) === text);
  await other.close();
  await page.getByRole("button", { name: "Clear search and filter" }).click();
  await until("all of them", async () => Number((await shown()).replaceAll(",", "").split(" ")[0]) >= devices - 1);
  assert.deepEqual(trouble, []);
  await close();
});

test("many devices are changed at once, after a preview", async () => {
  const { page, trouble, close } = await open("#/?q=cam-001&view=list");
  await page.locator('[data-device="cam-0010"]').waitFor();
  const boxes = page.locator("[data-device] input[type=checkbox]");
  await boxes.nth(0).click();
  await boxes.nth(3).click({ modifiers: ["Shift"] });
  const checked = page.locator("[data-device]:has(input:checked)");
  await until("four chosen", async () => (await checked.count()) === 4);
  const ids = await checked.evaluateAll((all) => all.map((each) => each.dataset.device));
  await page.getByRole("button", { name: "Tags", exact: true }).click();
  await page.getByLabel("Add tags").fill("night, 夜班");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText("Would change 4, leave 0, refuse 0.").waitFor();
  assert.equal((await call("GET", `/api/v1/devices/${ids[0]}`)).tags.includes("night"), false, "a preview changes nothing");
  await shoot(page, "bulk-preview");
  await page.getByRole("button", { name: "Do it for 4" }).click();
  await page.getByText("Changed 4, left 0, refused 0.").waitFor();
  assert.ok((await call("GET", `/api/v1/devices/${ids[3]}`)).tags.includes("夜班"));
  assert.deepEqual(trouble, []);
  await close();
});

test("a file is shown row by row before it is brought in", async () => {
  const { page, trouble, close } = await open("#/import");
  const csv = "id,name,address\ncam-0001,Renamed,10.20.0.1\ncam-0004,Car park 1,10.20.0.4\nnew-1,<b>New</b>,10.99.0.1\nbad-1,Bad,nonsense\n";
  await page.locator("input[type=file]").setInputFiles({ name: "site.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByTestId("import-plan").waitFor();
  const counts = await page.locator("[data-import]").evaluateAll((all) => Object.fromEntries(all.map((each) => [each.dataset.import, each.dataset.count])));
  assert.deepEqual(counts, { add: "1", change: "1", same: "1", remove: "0", error: "1" });
  assert.equal(await page.locator("[data-row]").first().getAttribute("data-row"), "error");
  await shoot(page, "import-plan");
  await assert.rejects(call("GET", "/api/v1/devices/new-1"), /404/);
  await page.getByLabel(/^All or nothing/).check();
  await until("no way to do it", () => page.getByRole("button", { name: "Do it", exact: true }).isDisabled());
  await page.getByLabel(/^All or nothing/).uncheck();
  await page.getByRole("button", { name: "Do it", exact: true }).click();
  await page.getByTestId("import-done").waitFor();
  assert.equal((await call("GET", "/api/v1/devices/new-1")).name, "<b>New</b>");
  assert.deepEqual(trouble, []);
  await close();
});

test("what was found fills the form; tokens are shown once and taken back", async () => {
  const { page, trouble, close } = await open("#/discovered");
  await page.locator('[data-found="mac-4419b6000011"]').getByRole("button").click();
  assert.equal(await page.getByLabel("Address").inputValue(), "10.20.9.7");
  await page.getByLabel("Password", { exact: true }).fill("secret 1");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await until("the new device", () => page.url().endsWith("#/devices/ds-2cd2146g2-isu-000011"));

  await call("POST", "/api/v1/live-tokens", { stream: "cam-0030/1/third", ttl_s: 300 });
  await page.goto(`${mock.url}/#/tokens`);
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByLabel("For whom or what").fill("wall display");
  await page.getByLabel("Only devices with these tags").fill("floor 3");
  await page.getByRole("dialog").getByRole("button", { name: "Make a token" }).click();
  assert.match(await page.getByRole("textbox", { name: "Token" }).inputValue(), /^cft_[0-9a-f]{72}$/);
  await shoot(page, "token-made");
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  const row = page.locator("[data-token]", { hasText: "wall display" });
  await row.getByText("floor 3").waitFor();
  await row.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });

  const live = page.locator("[data-live-token]", { hasText: "cam-0030/1/third" });
  await live.first().waitFor();
  await live.first().getByRole("button", { name: "Revoke" }).click();
  await until("it gone", async () => (await live.count()) === 0);
  assert.deepEqual(trouble, []);
  await close();
});

test("a camera turns while a button or a key is held, and stops when it is let go", async () => {
  const { page, trouble, close } = await open("#/devices/cam-0001");
  const sent = () => mock.ptz.filter((each) => each.device === "cam-0001");
  await page.getByRole("button", { name: "Left" }).hover();
  await page.mouse.down();
  await until("it told again while held", () => sent().length >= 3);
  await page.mouse.up();
  await until("a stop", () => sent().at(-1).pan === 0);
  assert.deepEqual({ pan: sent()[0].pan, tilt: sent()[0].tilt, zoom: sent()[0].zoom }, { pan: -50, tilt: 0, zoom: 0 });
  assert.ok(sent()[0].stop_after_ms > 0, "it stops by itself where we are gone");
  const before = sent().length;
  await page.getByRole("button", { name: "Up" }).focus();
  await page.keyboard.down("+");
  await until("closer", () => sent().length > before && sent()[before].zoom === 50);
  await page.keyboard.up("+");
  await until("a stop", () => sent().at(-1).zoom === 0);
  await page.getByLabel("Preset").fill("7");
  await page.getByRole("button", { name: "Go" }).click();
  await until("the preset", () => sent().at(-1).preset === 7);
  assert.deepEqual(trouble, []);
  await close();
});

test("two who edit at once are told of each other", async () => {
  const { page, close } = await open("#/devices/cam-0007");
  await page.goto(`${mock.url}/#/devices/cam-0009`);
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Mine");
  await call("PATCH", "/api/v1/devices/cam-0009", { name: "Theirs" });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Somebody else changed this device meanwhile.").waitFor();
  await shoot(page, "edit-stale");
  await page.getByRole("button", { name: "Show what it is now" }).click();
  await until("theirs", async () => (await page.getByLabel("Name", { exact: true }).inputValue()) === "Theirs");
  await page.getByLabel("Name", { exact: true }).fill("Ours");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: "Ours" }).waitFor();
  await close();
});

test("the wall remembers its channels, and plays only what is seen", async () => {
  const { page, trouble, close } = await open("#/wall", { viewport: { width: 360, height: 360 } });
  const viewers = async () => (await call("GET", "/api/v1/fleet")).viewers;
  await page.getByRole("button", { name: "Choose channel 1" }).click();
  await page.getByLabel("Device or channel").fill("cam-0004");
  await page.locator('[data-choice="cam-0004/1"]').click();
  await until("the address", () => page.url().includes("s=cam-0004%2F1"));
  await plays(page, 1);
  await page.getByRole("button", { name: "Fill" }).click();
  await until("all places", async () => (await page.locator("[data-tile]").count()) === 4);
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  const last = page.locator("[data-place='3'] .live-frame");
  await until("the last one plays", async () => (await last.getAttribute("data-status")) === "playing");
  await until("the first one rests", async () => (await page.locator("[data-place='0'] .live-frame").getAttribute("data-status")) === "stopped");
  await until("fewer streams than tiles", async () => (await viewers()) < 4);
  await page.evaluate(() => window.scrollTo(0, 0));
  await until("it plays again", async () => (await page.locator("[data-place='0'] .live-frame").getAttribute("data-status")) === "playing");
  await shoot(page, "wall-phone");
  assert.deepEqual(trouble, []);
  await close();
});

test("the keyboard leads everywhere", async () => {
  const { page, trouble, close } = await open();
  await page.locator("[data-device]").first().waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await shoot(page, "keys");
  await page.keyboard.press("Escape");
  for (const [key, place] of [["w", "#/wall"], ["e", "#/events"], ["b", "#/blind"], ["s", "#/sinks"], ["d", "#/discovered"], ["i", "#/import"], ["t", "#/tokens"], ["f", "#/"]]) {
    await until(place, async () => {
      await page.keyboard.press("g"); // a machine under load may take too long between both
      await page.keyboard.press(key);
      return page.url().endsWith(place);
    });
  }
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none"), true, "the focus is seen");
  assert.deepEqual(trouble, []);
  await close();
});

test("names that mean harm are text, wherever they appear", async () => {
  const bad = ["<img src=x onerror=alert(1)>", "\u202Etxet desrever\u202D<script>alert(2)</script>", `${"A".repeat(5_000)}${"宽".repeat(1_700)}`];
  const ids = bad.map((name, i) => {
    const id = `bad-${i}`;
    call("POST", "/api/v1/devices", { id, name, address: "10.0.0.66", tags: [name] });
    return id;
  });
  await until("all of them online", () => ids.every((id) => mock.fleet.get(id)?.state === "online"));
  for (const [i, id] of ids.entries()) {
    const device = mock.fleet.get(id);
    device.channels = [1, 2].map((number) => ({ ...device.channels[0], number, name: bad[i] }));
    device.facts.model = bad[i];
  }
  const { page, trouble, close } = await open("#/?q=bad-&group=tag", phone);
  await page.locator("[data-device]").first().waitFor();
  const alarm = (device, text) =>
    mock.ledger.raise({ device, type: bad[0], type_text: text, description: text, detail: text, target: text, device_time: text, source: text, payload: text, count: 2 });
  const wide = [];
  const look = async (where) => {
    if ((await overflow(page)) > 0) wide.push(where);
    assert.equal(await page.locator('img[src="x"], script:not([src])').count(), 0, where);
  };
  await look("fleet");
  await shoot(page, "hostile-fleet");
  for (const [i, id] of ids.entries()) {
    await page.goto(`${mock.url}/#/devices/${id}/2`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    const { event } = alarm(id, bad[i]);
    await page.locator(`[data-event^="${event}"]`).waitFor();
    await look(id);
    await page.locator(`[data-event^="${event}"] button`).click();
    await page.locator("[data-event-detail]").waitFor();
    await look(`event of ${id}`);
    await page.keyboard.press("Escape");
    await shoot(page, `hostile-device-${i}`);
  }
  await page.goto(`${mock.url}/#/events?type=${encodeURIComponent(bad[0])}`);
  await until("all events", async () => (await page.locator("[data-event]").count()) === bad.length);
  await look("events");
  await shoot(page, "hostile-events");
  await page.goto(`${mock.url}/#/wall?n=4${ids.map((id) => `&s=${id}/1`).join("")}`);
  await until("the tiles", async () => (await page.locator("[data-tile]").count()) === bad.length);
  await look("wall");
  assert.deepEqual(wide, []);
  assert.deepEqual(trouble, []);
  await close();
  for (const id of ids) await call("DELETE", `/api/v1/devices/${id}`);
});

// How fluid it is on this machine; machines differ, so the figures are told and not judged.
test("nine thousand devices with a hundred moves a second are drawn", async (t) => {
  const { page, trouble, close } = await open("#/?group=subnet");
  await page.locator("[data-device]").first().waitFor();
  await page.evaluate(() => {
    window.seen = { frames: 0, tasks: [] };
    new PerformanceObserver((list) => window.seen.tasks.push(...list.getEntries().map((each) => Math.round(each.duration)))).observe({ entryTypes: ["longtask"] });
    const frame = () => {
      ++window.seen.frames;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const all = [...mock.fleet.values()];
  const began = Date.now();
  const timer = setInterval(() => {
    for (let i = 0; i < 5; ++i) mock.enter(all[Math.floor(Math.random() * all.length)], Math.random() < 0.5 ? "online" : "backoff");
  }, 50);
  const box = await page.locator(".map-frame").boundingBox();
  for (let i = 0; i < 40; ++i) {
    await page.mouse.move(box.x + 20 + i * 20, box.y + 40 + (i % 7) * 20);
    await page.mouse.wheel(0, i % 2 === 0 ? 120 : -60);
  }
  clearInterval(timer);
  const seconds = (Date.now() - began) / 1000;
  const { frames, tasks } = await page.evaluate(() => window.seen);
  t.diagnostic(`fluidity: ${(frames / seconds).toFixed(0)} frames/s over ${seconds.toFixed(1)} s, ${tasks.length} long tasks, the longest ${Math.max(0, ...tasks)} ms`);
  assert.ok(frames > 0);
  assert.deepEqual(trouble, []);
  await close();
});
