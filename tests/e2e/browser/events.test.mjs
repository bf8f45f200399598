// The ledger and what becomes of it, on a mock with a hundred thousand entries: history, blind intervals, the account, sinks, and
// how well streams come in.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, gateway, launch, openPage, shoot, until } from "./console.mjs";

let browser;
let mock;
let call;

before(async () => {
  mock = await gateway({ mockOnly: true, devices: 240 });
  call = api(mock);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  mock?.close();
});

async function open(hash, options = {}) {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${mock.url}/#token=${mock.token}`);
  await opened.page.locator("nav.nav").waitFor();
  await opened.page.goto(`${mock.url}/${hash}`);
  return opened;
}
const rows = (page) => page.locator("li[data-event]");
const ids = (page) => rows(page).evaluateAll((all) => all.map((each) => each.dataset.event));
const query = (page) => new URLSearchParams(page.url().split("?")[1] ?? "");
const settled = (page) => page.locator("[data-event]").first().waitFor();

test("the filters of the history stand in the address, and the address is the filter", async () => {
  const { page, trouble, close } = await open("#/events");
  await settled(page);
  await page.getByLabel("Kind").selectOption("linedetection");
  await page.getByLabel("State", { exact: true }).selectOption("start");
  await page.getByLabel("Channel", { exact: true }).fill("1");
  await page.getByRole("button", { name: "Last 7 days" }).click();
  await until("the address", () => query(page).get("type") === "linedetection" && query(page).get("state") === "start" && query(page).get("channel") === "1" && query(page).has("from"));
  await until("only those", async () => {
    const kinds = await rows(page).evaluateAll((all) => all.map((each) => `${each.dataset.type} ${each.dataset.event.split("/")[1]}`));
    return kinds.length > 0 && kinds.every((each) => each === "linedetection start");
  });
  const device = await rows(page).first().locator(".event-device bdi").textContent();
  const id = [...mock.fleet.values()].find((each) => each.name === device).id;
  await page.getByLabel("Device (id)").fill("No such thing!"); // can be no id: nobody is asked
  await page.getByLabel("Device (id)").fill(id);
  await until("one device", () => query(page).get("device") === id);
  await until("its rows", async () => new Set(await rows(page).locator(".event-device bdi").allTextContents()).size === 1);
  const seen = await ids(page);
  await shoot(page, "events-filtered");
  const other = await open(page.url().slice(page.url().indexOf("#")));
  await settled(other.page);
  assert.deepEqual(await ids(other.page), seen);
  await other.close();
  await page.getByRole("button", { name: "Clear search and filter" }).click();
  await until("all of them", () => query(page).size === 0);
  assert.deepEqual(trouble, []);
  await close();
});

test("a hundred thousand entries are scrolled through, with few rows at a time and none twice", async (t) => {
  const { page, trouble, close } = await open("#/events");
  await settled(page);
  await page.evaluate(() => {
    window.seen = { frames: 0, tasks: [] };
    new PerformanceObserver((list) => window.seen.tasks.push(...list.getEntries().map((each) => Math.round(each.duration)))).observe({ entryTypes: ["longtask"] });
    const frame = () => {
      ++window.seen.frames;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const began = Date.now();
  const numbers = new Set();
  let most = 0;
  for (let i = 0; i < 40; ++i) {
    await page.mouse.wheel(0, 2_500);
    const now = await rows(page).evaluateAll((all) => all.map((each) => Number(each.getAttribute("aria-posinset"))));
    most = Math.max(most, now.length);
    assert.equal(new Set(now).size, now.length, "no row twice");
    for (const each of now) numbers.add(each);
  }
  const seconds = (Date.now() - began) / 1000;
  const { frames, tasks } = await page.evaluate(() => window.seen);
  t.diagnostic(`fluidity: ${(frames / seconds).toFixed(0)} frames/s over ${seconds.toFixed(1)} s to row ${Math.max(...numbers)}, ${tasks.length} long tasks, the longest ${Math.max(0, ...tasks)} ms`);
  assert.ok(Math.max(...numbers) > 500, `came as far as ${Math.max(...numbers)}`);
  assert.ok(most < 120, `${most} rows at a time`);
  assert.deepEqual(trouble, []);
  await close();
});

test("new ones come by themselves, without a hole over an interruption, and wait for who reads further down", async () => {
  const { page, trouble, close } = await open("#/events");
  await settled(page);
  const device = [...mock.fleet.keys()][3];
  const raise = (number) => Array.from({ length: number }, (_, i) => mock.ledger.raise({ device, description: `live ${i}` }).id);
  const top = async (count) => (await ids(page)).slice(0, count);
  const first = raise(3).reverse();
  await until("three on top", async () => JSON.stringify(await top(3)) === JSON.stringify(first));
  mock.events.dropAll();
  const second = raise(12).reverse();
  await until("all of the interruption", async () => JSON.stringify(await top(15)) === JSON.stringify([...second, ...first]));
  const all = await ids(page);
  assert.equal(new Set(all).size, all.length, "none twice");

  await page.mouse.wheel(0, 4_000);
  await until("further down", async () => (await page.evaluate(() => window.scrollY)) > 1_000);
  const before = await ids(page);
  raise(4);
  await page.getByRole("button", { name: "4 new: show" }).waitFor();
  assert.deepEqual(await ids(page), before, "what is read stands still");
  await shoot(page, "events-new");
  await page.getByRole("button", { name: "4 new: show" }).click();
  await until("on top again", async () => (await page.evaluate(() => window.scrollY)) === 0);
  assert.match(await rows(page).first().textContent(), /live 3/);
  assert.deepEqual(trouble, []);
  await close();
});

test("an event is told whole: its course, its pictures, its document as text; nothing is left behind", async () => {
  const opened = await openPage(browser);
  const { page, trouble, close } = opened;
  await page.addInitScript(() => {
    window.urls = 0;
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => (++window.urls, createObjectURL.call(URL, blob));
    URL.revokeObjectURL = (url) => (--window.urls, revokeObjectURL.call(URL, url));
  });
  await page.goto(`${mock.url}/#token=${mock.token}`);
  await page.locator("nav.nav").waitFor();
  await page.goto(`${mock.url}/#/events?type=io&e=ev000000000000000000000004`);
  const dialog = page.getByRole("dialog", { name: "Alarm input" });
  await dialog.waitFor();
  assert.deepEqual(await dialog.locator("[data-entry]").evaluateAll((all) => all.map((each) => each.dataset.entry)), ["start", "update", "end"]);
  assert.equal(await dialog.getByTestId("event-count").textContent(), "12");
  assert.match(await dialog.locator(".event-document").textContent(), /<script>alert\(1\)<\/script>/);
  assert.equal(await dialog.locator(".event-document *").count(), 0, "text, never markup");
  await dialog.locator("[data-picture]").scrollIntoViewIfNeeded();
  await until("its picture", () => dialog.locator("[data-picture] img").evaluate((each) => each.naturalWidth > 0).catch(() => false));
  await shoot(page, "event-detail");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await until("the address of the list", () => !query(page).has("e") && query(page).get("type") === "io");
  assert.equal(await page.evaluate(() => window.urls), 0, "every object URL was given back");

  await rows(page).first().getByRole("link").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test("quiet and blind are told apart on the fleet, on the device and in the list of intervals", async () => {
  const deaf = [...mock.fleet.values()].find((each) => each.state === "online");
  mock.ledger.deaf.set(deaf.id, [new Date(Date.now() - 240_000).toISOString(), "blind.unreadable", "unread", "unread"]);
  const { page, trouble, close } = await open("#/?view=list");
  const number = (chip) => page.locator(`[data-chip="${chip}"]`).getAttribute("data-count").then(Number);
  const blind = page.locator('[data-chip="blind"]');
  await blind.waitFor();
  assert.equal((await number("blind")) + (await number("armed")), mock.fleet.size);
  const states = [...mock.fleet.values()].map((each) => each.state);
  assert.equal(await number("blind"), states.filter((each) => each !== "online" && each !== "degraded").length + 1);
  await blind.click();
  await page.locator('[data-chip="online"]').click();
  await until("it alone", async () => (await page.locator("[data-device]").count()) === 1);
  assert.equal(query(page).get("blind"), "true");
  const mark = page.locator(`[data-device="${deaf.id}"] [data-blind]`);
  assert.match(await mark.getAttribute("title"), /What the device sent could not be understood/);
  assert.match(await mark.textContent(), /blind for 4 min/);
  await shoot(page, "fleet-blind");
  await page.goto(`${mock.url}/#/?view=map&state=online`);
  await page.getByRole("listbox").focus();
  await until("the map tells it too", async () => {
    await page.keyboard.press("Home");
    for (let i = 0; i < 200; ++i) {
      if (/ blind$/.test((await page.locator("#map-active").textContent()) ?? "")) return true;
      await page.keyboard.press("ArrowRight");
    }
    return false;
  });
  await shoot(page, "map-blind");

  await page.goto(`${mock.url}/#/devices/${deaf.id}`);
  const line = page.getByTestId("blind-line");
  await until("blind, and why", async () => (await line.getAttribute("data-blind").catch(() => null)) === "blind.unreadable");
  await page.getByText("What the device sent could not be understood.").first().waitFor();
  mock.ledger.deaf.delete(deaf.id);
  mock.enter(deaf, "online");
  await until("quiet", async () => (await line.getAttribute("data-blind").catch(() => null)) === "");
  await line.getByRole("link").click();
  await until("its intervals", async () => (await page.locator(`[data-blind-device="${deaf.id}"][data-open="false"]`).count()) === 1);
  await page.getByLabel("Also those that ended").uncheck();
  await page.getByText("No blind interval matches.").waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test("the account has each device, each sink and the sum of all", async () => {
  const { page, trouble, close } = await open("#/account");
  await page.locator("[data-account]").first().waitFor();
  const heads = await page.getByRole("columnheader").allTextContents();
  assert.deepEqual(heads.slice(-3), ["hook-1: Delivered", "hook-1: Parked", "hook-1: Pending"]);
  const sum = (await page.locator("[data-account-sum] td").allTextContents()).map((each) => each.replaceAll(",", ""));
  assert.equal(Number(sum[1]), mock.fleet.size * 30);
  assert.equal(Number(sum[3]) + Number(sum[4]) + Number(sum[5]), mock.fleet.size * 30, "delivered, parked and pending are all of them");
  const id = [...mock.fleet.keys()].sort()[4];
  await page.getByLabel("Device (id)").fill(id);
  await until("one device", async () => (await page.locator("[data-account]").count()) === 1 && query(page).get("device") === id);
  assert.deepEqual(trouble, []);
  await close();
});

test("a sink is added, edited, paused, tested, replayed to, and its parked entries are settled", async () => {
  const { page, trouble, close } = await open("#/sinks");
  await page.locator('[data-sink="hook-1"]').waitFor();
  await page.keyboard.press("n");
  const dialog = page.getByRole("dialog");
  await page.getByLabel("MQTT", { exact: true }).check();
  await page.getByLabel("Id", { exact: true }).fill("hall");
  await page.getByLabel("Address").fill("mqtts://broker.example:8883");
  await page.getByLabel("Password").fill("s3cret words");
  await dialog.getByText("Only some events").click();
  await page.getByLabel("Kinds").fill("vmd, linedetection");
  await shoot(page, "sink-form");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  const card = page.locator('[data-sink="hall"]');
  await card.waitFor();
  assert.deepEqual(mock.sinks.sinks.get("hall").filter.types, ["vmd", "linedetection"]);
  assert.deepEqual(mock.sinks.sinks.get("hall").secrets, ["password"]);

  await card.getByRole("button", { name: "Edit" }).click();
  assert.equal(await page.getByLabel("Password").inputValue(), "", "a secret never comes back");
  assert.equal(await page.getByLabel("Kinds").inputValue(), "vmd, linedetection");
  await page.getByLabel("Topic").fill("site/{device}");
  await call("PATCH", "/api/v1/sinks/hall", { in_flight: 10 });
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("Somebody else changed this sink meanwhile.").waitFor();
  await page.getByRole("button", { name: "Show what it is now" }).click();
  await until("what it is now", async () => (await page.getByLabel("Topic").inputValue()) !== "site/{device}");
  await page.getByLabel("Topic").fill("site/{device}");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(mock.sinks.sinks.get("hall").topic, "site/{device}");
  assert.equal(mock.sinks.sinks.get("hall").in_flight, 10, "what another changed stays");

  await card.getByRole("button", { name: "Pause" }).click();
  await until("paused", async () => (await card.getAttribute("data-sink-state")) === "paused");
  await card.getByRole("button", { name: "Resume" }).click();
  await until("resumed", async () => (await card.getAttribute("data-sink-state")) === "idle");
  await card.getByRole("button", { name: "Test" }).click();
  await card.getByText("It took a test event.").waitFor();
  await card.getByRole("button", { name: "Replay" }).click();
  await page.getByLabel("At most so many a second").fill("50");
  await dialog.getByRole("button", { name: "Replay" }).click();
  await card.getByText("runs: 40 delivered, 0 failed").waitFor();
  await shoot(page, "sinks");

  await page.locator('[data-sink="hook-1"]').getByRole("button", { name: "2: show" }).click();
  const parked = page.locator("[data-parked]");
  await until("two parked", async () => (await parked.count()) === 2);
  await page.getByText("HTTP 422: <b>no such site</b>").first().waitFor();
  await shoot(page, "sink-parked");
  await parked.first().getByRole("button", { name: "Try again" }).click();
  await until("one left", async () => (await parked.count()) === 1);
  await parked.first().getByRole("button", { name: "Discard" }).click();
  await page.getByRole("dialog", { name: "Discard" }).getByRole("button", { name: "Discard" }).click();
  await page.getByText("None is parked.").waitFor();
  await page.keyboard.press("Escape");

  await card.getByRole("button", { name: "Remove" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await card.waitFor({ state: "detached" });
  assert.equal(await page.locator('[data-sink="bus"]').getByRole("button", { name: "Edit" }).count(), 0, "a declared one is not edited here");
  // The browser itself logs the refused write.
  assert.deepEqual(trouble.filter((each) => !each.includes("412")), []);
  await close();
});

test("a sink that fails says so in the reader's language", async () => {
  const { page, trouble, close } = await open("#/sinks", { locale: "zh-CN" });
  const card = page.locator('[data-sink="mqtt-hall"]');
  await card.getByText("无法连接投递目标。").waitFor();
  await card.getByRole("button", { name: "测试" }).click();
  await card.getByRole("alert").getByText("sink.unreachable").first().waitFor();
  assert.deepEqual(trouble.filter((each) => !each.includes("502")), []);
  await close();
});

test("a stream that is quiet and one that is broken are told apart", async () => {
  const { page, trouble, close } = await open("#/devices/cam-0004");
  await page.locator('[data-stream="cam-0004/1/main"][data-look="live"]').getByText("25 of 25 fps").waitFor();
  await page.locator('[data-stream="cam-0004/1/sub"][data-look="quiet"]').getByText("The stream is set up and sends nothing just now.").waitFor();
  const broken = page.locator('[data-stream="cam-0004/1/third"][data-look="broken"]');
  await broken.getByText("The stream stopped sending.").waitFor();
  await broken.getByText("1.3 % (1,200)").waitFor();
  await broken.scrollIntoViewIfNeeded();
  await shoot(page, "stream-health");
  assert.deepEqual(trouble, []);
  await close();
});
