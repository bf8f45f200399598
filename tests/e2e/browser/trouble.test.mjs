// What the console does when things go wrong, shown on a mock gateway with devices in every state.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, gateway, launch, openPage, plays, shoot, until } from "./console.mjs";

let browser;
let target;
let call;
let open;

before(async () => {
  target = await gateway({ mockOnly: true, devices: 3000 });
  call = api(target);
  browser = await launch();
  open = async (hash, options) => {
    const opened = await openPage(browser, options);
    await opened.page.goto(`${target.url}/#token=${target.token}`);
    if (hash !== undefined) await opened.page.goto(`${target.url}/${hash}`);
    return opened;
  };
});
after(async () => {
  await browser?.close();
  target?.close();
});

test("thousands of devices scroll, with the troubled first", async () => {
  const { page, trouble, close } = await open();
  await page.locator("[data-device]").first().waitFor();
  assert.equal(await page.locator("[data-device] [data-state]").first().getAttribute("data-state"), "rejected");
  assert.ok((await page.locator("[data-device]").count()) < 100, "only rows near the screen exist");
  await shoot(page, "fleet-troubled");
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  await until("the last rows", async () =>
    (await page.locator("[data-device] [data-state]").last().getAttribute("data-state")) === "disabled");
  assert.equal(await page.locator("[data-device]").last().getAttribute("aria-rowindex"), "3001");
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.locator('[data-chip="locked"]').click();
  await until("only locked ones", async () => {
    const states = await page.locator("[data-device] [data-state]").evaluateAll((all) => all.map((each) => each.dataset.state));
    return states.length > 0 && states.every((state) => state === "locked");
  });
  await page.keyboard.press("/");
  await page.keyboard.type("no such device");
  await page.getByText("No device matches.").waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

test("a stream that stops says why, and comes back by itself", async () => {
  const { page, trouble, close } = await open("#/devices/cam-0025");
  await plays(page, 1);
  await page.getByText("The stream stopped sending.").waitFor();
  await page.getByText(/^Again in \d+ sec/).waitFor();
  await shoot(page, "device-stalled");
  await plays(page, 1);
  assert.deepEqual(trouble, []);
  await close();
});

test("a device that is not online shows its reason and the next attempt", async () => {
  const { items } = await call("GET", "/api/v1/devices?limit=1000");
  const device = items.find((each) => each.state === "backoff");
  const { page, trouble, close } = await open(`#/devices/${device.id}`);
  await page.getByText("The device is not online.").waitFor();
  await page.getByText(/^in \d+ sec$/).waitFor();
  await shoot(page, "device-backoff");
  // The picture comes as soon as the device is there.
  await page.getByRole("button", { name: "Reconnect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reconnect" }).click();
  await plays(page, 1);
  assert.deepEqual(trouble, []);
  await close();
});

test("sound is off at first, and a hidden tab gives its stream back", async () => {
  await call("POST", "/api/v1/devices", { id: "audio-1", name: "Loud", address: "10.0.0.9" });
  await until("the device online", async () => (await call("GET", "/api/v1/devices/audio-1")).state === "online");
  const { page, trouble, close } = await open("#/devices/audio-1/1/sub");
  await plays(page, 1);
  const muted = () => page.locator("video").evaluate((video) => video.muted);
  assert.equal(await muted(), true);
  await page.getByRole("button", { name: "Sound on" }).click();
  await until("sound", async () => !(await muted()));
  await page.keyboard.press("m");
  await until("silence", muted);
  const hide = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  const status = () => page.locator(".live-frame").getAttribute("data-status");
  await hide(true);
  await until("it rests", async () => (await status()) === "stopped");
  await until("no stream", async () => (await call("GET", "/api/v1/fleet")).viewers === 0);
  await hide(false);
  await until("it plays again", async () => (await status()) === "playing");
  assert.deepEqual(trouble, []);
  await close();
});

test("a device is added by the form; a refusal is shown with its code", async () => {
  const { page, close } = await open(undefined, { colorScheme: "dark" });
  await page.getByRole("button", { name: "Add device" }).click();
  await page.getByRole("textbox", { name: "Address" }).fill("10.0.0.77");
  await page.getByRole("textbox", { name: "Id", exact: true }).fill("cam-0001");
  await page.getByLabel("User name").fill("admin");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("device.exists").first().waitFor();
  await shoot(page, "add-device");
  await page.getByRole("textbox", { name: "Id", exact: true }).fill("dock-77");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await until("the new device's page", () => page.url().endsWith("#/devices/dock-77"));
  await plays(page, 1);
  await close();
});

test("figures of a gateway that is gone are marked as old", async () => {
  const { page, close } = await open();
  await page.locator("[data-device]").first().waitFor();
  await page.route("**/api/**", (route) => route.abort());
  target.events.dropAll();
  await page.getByText(/does not answer; these figures are/).waitFor();
  await shoot(page, "fleet-stale");
  await close();
});
