// A person's way through the console: the login link, the fleet, a device's live video, both languages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, gateway, launch, openPage, plays, shoot, until } from "./console.mjs";

const hostile = "<img src=x onerror=alert(1)>";
let browser;
let target;
let call;
let camera;
let recorder;

before(async () => {
  target = await gateway();
  call = api(target);
  browser = await launch();
  const total = await until("devices in the fleet", async () => (await call("GET", "/api/v1/fleet")).total);
  assert.ok(total > 0);
});
after(async () => {
  await browser?.close();
  target?.close();
});

const signedIn = async (options) => {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${target.url}/#token=${encodeURIComponent(target.token)}`);
  return opened;
};
const shownCount = (page, chip) =>
  page.locator(`[data-chip="${chip}"]`).getAttribute("data-count").then(Number);

test("the login link opens the console and leaves no token in the address", async () => {
  const { page, trouble, close } = await signedIn();
  await page.locator('[data-chip="all"]').waitFor();
  assert.equal(page.url(), `${target.url}/#/`);
  assert.equal(await page.evaluate(() => history.length <= 2 && !location.href.includes("token")), true);
  assert.deepEqual(trouble, []);
  await close();
});

test("every device is seen online", async () => {
  const { page, trouble, close } = await signedIn();
  await page.locator('[data-chip="all"]').waitFor();
  await until(
    "all devices online",
    async () => {
      const total = await shownCount(page, "all");
      return total > 0 && (await shownCount(page, "online")) === total;
    },
    90_000,
  );
  await page.locator('[data-chip="online"]').click();
  await until("rows", async () => (await page.locator("[data-device]").count()) > 0);
  const states = await page.locator("[data-device] [data-state]").evaluateAll((all) => all.map((each) => each.dataset.state));
  assert.deepEqual([...new Set(states)], ["online"]);
  await shoot(page, "fleet-light");

  const { items } = await call("GET", "/api/v1/devices?limit=1000");
  const two = (device) => ["main", "sub"].every((name) => device.channels[0]?.profiles?.some((each) => each.profile === name));
  camera = items.find((device) => device.channels.length === 1 && two(device)) ?? items[0];
  recorder = items.find((device) => device.channels.length > 1);

  await page.getByRole("searchbox").fill(camera.id);
  await page.locator(`[data-device="${camera.id}"]`).waitFor();
  await until("the search to narrow the list", async () => (await page.locator("[data-device]").count()) < Math.max(2, items.length));
  assert.deepEqual(trouble, []);
  await close();
});

test("a device plays live, in its main and its sub stream", async () => {
  const { page, trouble, close } = await signedIn();
  await page.getByRole("searchbox").fill(camera.id);
  await page.locator(`[data-device="${camera.id}"] a`).click();
  const main = await plays(page);
  assert.ok(main.shades > 2, "the picture is not one flat colour");
  await until("the size in the figures", async () =>
    (await page.getByTestId("live.size").textContent()) === `${main.width} × ${main.height}`);
  const behind = await page.getByTestId("live.behind").textContent();
  assert.ok(Number.parseInt(behind.replace(/\D/g, ""), 10) < 2_000, `near live: ${behind}`);
  await shoot(page, "device-light");

  await page.locator('[data-profile="sub"]').click();
  const sub = await until("another size", async () => {
    const now = await plays(page, 0.5);
    return now.width !== main.width ? now : null;
  });
  assert.ok(sub.width < main.width, `${sub.width} < ${main.width}`);
  await plays(page);
  assert.deepEqual(trouble, []);
  await close();
});

test("an NVR's channels are a click away", async (t) => {
  if (recorder === undefined) return t.skip("no device with several channels");
  const { page, trouble, close } = await signedIn();
  const channels = recorder.channels.filter((channel) => channel.online !== false);
  await page.goto(`${target.url}/#/devices/${recorder.id}`);
  await plays(page, 1);
  const links = page.getByRole("navigation", { name: "Channels" }).getByRole("link");
  assert.equal(await links.count(), recorder.channels.length);
  await links.nth(recorder.channels.indexOf(channels.at(-1))).click();
  await until("the channel in the address", () => page.url().includes(`/${recorder.id}/${channels.at(-1).number}/main`));
  await plays(page, 1);
  await shoot(page, "nvr-light");
  assert.deepEqual(trouble, []);
  await close();
});

test("a snapshot and links for players are given", async () => {
  const { page, trouble, close } = await signedIn();
  await page.goto(`${target.url}/#/devices/${camera.id}`);
  await page.getByRole("button", { name: "Snapshot" }).click();
  const image = page.locator("dialog img");
  await until("the snapshot", () => image.evaluate((each) => each.naturalWidth > 0).catch(() => false));
  await shoot(page, "snapshot");
  await page.keyboard.press("Escape");
  await image.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Make links" }).click();
  const rtsp = await page.getByRole("textbox", { name: "rtsp" }).inputValue();
  assert.match(rtsp, new RegExp(`^rtsp://.+/live/${camera.id}/1/main.*`));
  assert.equal(rtsp.includes(target.token), false, "the administrator's token never leaves");
  assert.deepEqual(trouble, []);
  await close();
});

test("both languages, light and dark, and a phone", async () => {
  const { page, trouble, close } = await signedIn({ colorScheme: "dark" });
  await page.locator("[data-device]").first().waitFor();
  await shoot(page, "fleet-dark");
  await page.getByTestId("language").click();
  await page.getByRole("heading", { name: "设备总览" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
  await page.locator("[data-device]").first().waitFor();
  await shoot(page, "fleet-dark-zh");
  await page.goto(`${target.url}/#/devices/${camera.id}`);
  await plays(page, 1);
  await page.getByRole("heading", { name: "状态历史" }).waitFor();
  await shoot(page, "device-dark-zh");
  await page.getByTestId("language").click();
  await page.getByRole("heading", { name: "History" }).waitFor();
  assert.deepEqual(trouble, []);
  await close();

  const phone = await signedIn({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
  const overflow = () => phone.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await phone.page.locator("[data-device]").first().waitFor();
  assert.ok((await overflow()) <= 0, "the fleet fits a phone's width");
  await shoot(phone.page, "fleet-phone");
  await phone.page.goto(`${target.url}/#/devices/${camera.id}`);
  await plays(phone.page, 1);
  assert.ok((await overflow()) <= 0, "the device fits a phone's width");
  await shoot(phone.page, "device-phone");
  assert.deepEqual(phone.trouble, []);
  await phone.close();

  const chinese = await signedIn({ locale: "zh-CN" });
  await chinese.page.getByRole("heading", { name: "设备总览" }).waitFor();
  await chinese.close();
});

test("what an operator does elsewhere is seen at once, and a device says why and what to do", async () => {
  const { page, trouble, close } = await signedIn();
  await page.goto(`${target.url}/#/?q=${camera.id}`);
  const badge = page.locator(`[data-device="${camera.id}"] [data-state]`);
  const shows = (state) => until(state, async () => (await badge.first().getAttribute("data-state").catch(() => null)) === state);
  await shows("online");
  await call("POST", `/api/v1/devices/${camera.id}/disable`);
  await shows("disabled");
  await page.locator(`[data-device="${camera.id}"] a`).click();
  await page.locator('[data-advice="enable"]').getByRole("button").click();
  await page.getByRole("dialog").getByRole("button", { name: "Switch on" }).click();
  await plays(page, 1);
  assert.equal((await call("GET", `/api/v1/devices/${camera.id}`)).state, "online");
  assert.deepEqual(trouble, []);
  await close();
});

test("a device is edited, and a change that somebody else made is not overwritten", async () => {
  const { page, close } = await signedIn();
  await page.goto(`${target.url}/#/devices/${camera.id}`);
  const name = () => page.getByLabel("Name", { exact: true });
  await page.getByRole("button", { name: "Edit" }).click();
  await name().fill("Mine");
  await call("PATCH", `/api/v1/devices/${camera.id}`, { name: "Theirs" });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Somebody else changed this device meanwhile.").waitFor();
  await page.getByRole("button", { name: "Show what it is now" }).click();
  await until("theirs", async () => (await name().inputValue()) === "Theirs");
  await name().fill(camera.name);
  await page.getByRole("button", { name: "Save" }).click();
  await until("the name", async () => (await call("GET", `/api/v1/devices/${camera.id}`)).name === camera.name);
  await close();
});

test("a fleet is brought in by a file, changed by many, and taken out again", async () => {
  const { page, trouble, close } = await signedIn();
  const mark = `site-${process.pid}`;
  const rows = Array.from({ length: 5 }, (_, i) => `${mark}-${i},入口 ${i},127.250.0.${i + 1},admin,x,${mark},false`);
  const csv = ["id,name,address,username,password,tags,enabled", ...rows, `${mark}-9,Bad,,,,,maybe`].join("\n");
  await page.goto(`${target.url}/#/import`);
  await page.locator("input[type=file]").setInputFiles({ name: "site.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByTestId("import-plan").waitFor();
  const counts = await page.locator("[data-import]").evaluateAll((all) => Object.fromEntries(all.map((each) => [each.dataset.import, Number(each.dataset.count)])));
  assert.deepEqual(counts, { add: 5, change: 0, same: 0, remove: 0, error: 1 });
  await shoot(page, "import-real");
  await page.getByRole("button", { name: "Do it", exact: true }).click();
  await page.getByTestId("import-done").waitFor();
  await page.goto(`${target.url}/#/?tag=${mark}&view=list`);
  await until("its rows", async () => (await page.locator("[data-device]").count()) === 5);
  await page.getByLabel("Choose all 5 shown").check();
  await page.getByRole("button", { name: "Tags", exact: true }).click();
  await page.getByLabel("Add tags").fill("night");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText("Would change 5, leave 0, refuse 0.").waitFor();
  await page.getByRole("button", { name: "Do it for 5" }).click();
  await page.getByText("Changed 5, left 0, refused 0.").waitFor();
  assert.deepEqual((await call("GET", `/api/v1/devices/${mark}-3`)).tags.sort(), ["night", mark].sort());
  for (let i = 0; i < 5; ++i) await call("DELETE", `/api/v1/devices/${mark}-${i}`);
  await page.getByText("No device matches.").waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test("tokens are made for a role, and a viewer has no buttons that change anything", async () => {
  const { page, trouble, close } = await signedIn();
  await page.goto(`${target.url}/#/tokens`);
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByLabel("For whom or what").fill("wall display");
  await page.getByRole("dialog").getByRole("button", { name: "Make a token" }).click();
  const token = await page.getByRole("textbox", { name: "Token" }).inputValue();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();

  const viewer = await openPage(browser);
  await viewer.page.goto(`${target.url}/#token=${token}`);
  await viewer.page.goto(`${target.url}/#/devices/${camera.id}`);
  await plays(viewer.page, 1);
  assert.equal(await viewer.page.getByRole("button", { name: "Remove" }).count(), 0);
  assert.equal(await viewer.page.getByRole("link", { name: "Import" }).count(), 0);
  assert.equal(await viewer.page.getByRole("link", { name: "Sinks" }).count(), 0);
  assert.deepEqual(viewer.trouble, []);
  await viewer.close();

  await page.locator("[data-token]", { hasText: "wall display" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.locator("[data-token]", { hasText: "wall display" }).waitFor({ state: "detached" });
  assert.deepEqual(trouble, []);
  await close();
});

test("a wall of channels plays", async () => {
  const { page, trouble, close } = await signedIn();
  await page.goto(`${target.url}/#/wall?n=4`);
  await page.getByRole("button", { name: "Fill" }).click();
  await until("four pictures", async () => (await page.locator('[data-tile] [data-status="playing"]').count()) === 4, 60_000);
  await shoot(page, "wall-real");
  await page.reload();
  await until("the same ones after a reload", async () => (await page.locator('[data-tile] [data-status="playing"]').count()) === 4, 60_000);
  assert.deepEqual(trouble, []);
  await close();
});

test("an alarm appears as it comes, is kept, and is told whole", async (t) => {
  const simulator = process.env.CAMFLEET_SIM;
  if (simulator === undefined) return t.skip("no simulator");
  const { page, trouble, close } = await signedIn();
  await page.goto(`${target.url}/#/events?type=linedetection`);
  await page.getByRole("heading", { name: "Events" }).waitFor();
  const row = page.locator('[data-event][data-type="linedetection"]');
  await until("the alarm", async () => {
    await fetch(`${simulator}/devices/0/alarm`, { method: "POST", body: JSON.stringify({ type: "linedetection", channel: 1, seconds: 1 }) });
    return (await row.count()) > 0;
  });
  await shoot(page, "events-real");
  const seen = await row.first().getAttribute("data-event");
  await page.reload();
  await page.locator(`[data-event="${seen}"]`).waitFor();
  await row.getByRole("link").first().click();
  const dialog = page.getByRole("dialog", { name: "Line crossing" });
  await until("its course", async () => (await dialog.locator("[data-entry]").count()) > 0);
  assert.match(await dialog.locator(".event-document").textContent(), /EventNotificationAlert/);
  await shoot(page, "event-real");
  await dialog.locator(".event-facts a").first().click();
  await page.locator('.panel-alarms [data-event][data-type="linedetection"]').first().waitFor();
  await until("quiet, not blind", async () => (await page.getByTestId("blind-line").getAttribute("data-blind").catch(() => null)) === "");
  await page.locator('[data-stream][data-look="live"]').first().waitFor();
  await shoot(page, "device-events-real");
  assert.deepEqual(trouble, []);
  await close();
});

test("a device that is switched off is blind, with a beginning and an end", async () => {
  const { page, trouble, close } = await signedIn();
  await page.goto(`${target.url}/#/blind?device=${camera.id}`);
  const line = page.locator(`[data-blind-device="${camera.id}"]`);
  await page.getByText("No blind interval matches.").waitFor();
  await call("POST", `/api/v1/devices/${camera.id}/disable`);
  await until("blind", async () => (await line.first().getAttribute("data-open").catch(() => null)) === "true");
  await line.getByText("The device was switched off by an operator.").waitFor();
  await call("POST", `/api/v1/devices/${camera.id}/enable`);
  await page.getByLabel("Also those that ended").check();
  await until("an end", async () => (await line.evaluateAll((all) => all.map((each) => each.dataset.open).join())).startsWith("false"));
  await shoot(page, "blind-real");
  await page.goto(`${target.url}/#/account?device=${camera.id}`);
  await page.locator(`[data-account="${camera.id}"]`).waitFor();
  await shoot(page, "account-real");
  assert.deepEqual(trouble, []);
  await close();
});

test("a sink is made in the console, paused, narrowed, and taken away", async () => {
  const { page, trouble, close } = await signedIn();
  await page.goto(`${target.url}/#/sinks`);
  await page.getByText("There is no sink yet").waitFor();
  await page.getByRole("button", { name: "Add a sink" }).click();
  await page.getByLabel("Id", { exact: true }).fill("nowhere");
  await page.getByLabel("Address").fill("https://127.0.0.1:9/events");
  await page.getByLabel("Key of the signature (HMAC-SHA256)").fill("a secret key");
  await page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
  const card = page.locator('[data-sink="nowhere"]');
  await card.waitFor();
  assert.deepEqual((await call("GET", "/api/v1/sinks/nowhere")).secrets, ["secret"]);
  await card.getByRole("button", { name: "Test" }).click(); // no sink is let into the gateway's own machine
  const code = card.getByRole("alert").locator("code");
  await code.waitFor();
  assert.equal(await code.textContent(), "net.forbidden_address");
  await card.getByRole("button", { name: "Pause" }).click();
  await until("paused", async () => (await card.getAttribute("data-sink-state")) === "paused");
  await card.getByRole("button", { name: "Edit" }).click();
  await page.getByText("Only some events").click();
  await page.getByLabel("Kinds").fill("vmd");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.deepEqual((await call("GET", "/api/v1/sinks/nowhere")).filter.types, ["vmd"]);
  await shoot(page, "sinks-real");
  await card.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await card.waitFor({ state: "detached" });
  // The browser itself logs the failed test.
  assert.deepEqual(trouble.filter((each) => !/status of (403|50\d)/.test(each)), []);
  await close();
});

test("a hostile name is text, wherever it appears", async () => {
  const { page, trouble, close } = await signedIn();
  const id = `hostile-${process.pid}`;
  await call("POST", "/api/v1/devices", { id, name: hostile, address: camera.address, tags: [hostile], enabled: false });
  try {
    await page.getByRole("searchbox").fill(id);
    const link = page.locator(`[data-device="${id}"] a`);
    await link.waitFor();
    assert.equal(await link.textContent(), hostile);
    await shoot(page, "hostile-name");
    await link.click();
    await page.getByRole("heading", { level: 1, name: hostile }).waitFor();
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    await page.getByRole("button", { name: "Remove" }).click();
    await page.getByText(`Remove ${hostile}?`).waitFor();
    await shoot(page, "remove-confirm");
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await until("the way back to the fleet", () => page.url().endsWith("#/"));
    await assert.rejects(call("GET", `/api/v1/devices/${id}`), /404/);
  } finally {
    await call("DELETE", `/api/v1/devices/${id}`).catch(() => undefined); // removed by the test itself if it went well
  }
  assert.deepEqual(trouble, []);
  await close();
});

test("a wrong token is refused with a sentence, the right one signs in", async () => {
  const { page, trouble, close } = await openPage(browser);
  await page.goto(target.url);
  await page.getByLabel("Administrator token").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The gateway does not accept this token.").waitFor();
  await shoot(page, "login");
  await page.getByLabel("Administrator token").fill(target.token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("[data-device]").first().waitFor();
  // The browser itself logs the 401.
  assert.deepEqual(trouble.filter((each) => !each.includes("401")), []);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Administrator token").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await close();
});
