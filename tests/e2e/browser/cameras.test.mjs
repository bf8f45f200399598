// What cameras can do and browsers cannot, on a real gateway with simulated ones: domes, H.265, sound.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, gateway, launch, openPage, picture, plays, shoot, until } from "./console.mjs";

const simulator = process.env.CAMFLEET_SIM;
let browser;
let target;
let call;
let devices;

before(async () => {
  assert.ok(simulator, "CAMFLEET_SIM is the control address of camfleet-sim --h265-every 8 --audio mixed");
  target = await gateway();
  call = api(target);
  browser = await launch();
  devices = (await call("GET", "/api/v1/devices?limit=1000")).items;
});
after(async () => {
  await browser?.close();
  target?.close();
});

const open = async (device, suffix = "") => {
  const opened = await openPage(browser);
  await opened.page.goto(`${target.url}/#token=${encodeURIComponent(target.token)}`);
  await opened.page.goto(`${target.url}/#/devices/${device}${suffix}`);
  return opened;
};
const codecs = (device) => (device.channels[0]?.profiles ?? []).map((each) => each.codec).join();
// From the end: live.test.mjs, which may run beside this, works with the first ones.
const find = (what, check) => {
  const device = devices.findLast((each) => each.channels.length === 1 && check(each));
  assert.ok(device, `no device with ${what}`);
  return device.id;
};
// The simulator's clips say their frame's number in ten squares at the top left; 500 and more: a dome that is not at home.
const view = (page) =>
  page.evaluate(() => {
    const video = document.querySelector("video");
    if (video === null || video.videoWidth === 0) return null;
    const square = video.videoWidth === 1280 ? 32 : 16;
    const canvas = document.createElement("canvas");
    canvas.width = 10;
    canvas.height = 1;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video, 0, 0, 10 * square, square, 0, 0, 10, 1);
    const { data } = context.getImageData(0, 0, 10, 1);
    let number = 0;
    for (let i = 0; i < 10; ++i) number = number * 2 + (data[i * 4] > 127 ? 1 : 0);
    return number < 500 ? "home" : `view ${Math.floor((number - 500) / 25)}`;
  });

test("a dome turns as long as a button is held, and goes to its presets", async () => {
  const dome = find("ptz and H.264", (device) => device.channels[0].ptz === true && codecs(device) === "h264,h264");
  const { page, trouble, close } = await open(dome, "/1/sub");
  await plays(page, 0.5);
  assert.equal(await view(page), "home");
  await page.getByRole("button", { name: "Right" }).hover();
  await page.mouse.down();
  await until("the east", async () => (await view(page)) === "view 2");
  await shoot(page, "ptz-real");
  await page.mouse.up();
  // It stands: what is seen now is still seen when more than its stop by itself and two key frames have passed.
  const { time } = await picture(page);
  const passed = (seconds) => until("time", async () => (await picture(page)).time > time + seconds);
  await passed(1);
  const rests = await view(page);
  assert.match(rests, /^view [2-7]$/);
  await passed(2.5);
  assert.equal(await view(page), rests);
  await page.getByRole("spinbutton", { name: "Preset" }).fill("1");
  await page.getByRole("button", { name: "Go", exact: true }).click();
  await until("the way home", async () => (await view(page)) === "home");
  assert.deepEqual(trouble, []);
  await close();
});

test("where only the main stream is H.265, the sub stream is shown and the note says so", async () => {
  const id = find("H.264 and no dome", (device) => device.channels[0].ptz !== true && codecs(device) === "h264,h264");
  const index = Number(/\d+$/.exec(id)[0]) - 1;
  // As when somebody changes the camera's settings: it starts anew, and says what it has then.
  const becomes = async (wanted, method, body) => {
    await fetch(`${simulator}/faults`, { method, body });
    await call("POST", `/api/v1/devices/${id}/reconnect`);
    await until(wanted, async () => codecs(await call("GET", `/api/v1/devices/${id}`)) === wanted);
  };
  await becomes("h265,h264", "POST", JSON.stringify({ fault: "codec_change", to: "main", devices: index }));
  const { page, trouble, close } = await open(id);
  await page.getByText("This browser does not decode H.265. Showing: Sub.").waitFor();
  const shown = await plays(page, 1);
  assert.deepEqual([shown.width, shown.height], [352, 288]);
  await shoot(page, "h265-main-real");
  assert.deepEqual(trouble, []);
  await close();
  await becomes("h264,h264", "DELETE");
});

test("where all is H.265, a picture is shown each second, no larger than its place", async () => {
  const id = find("H.265", (device) => codecs(device) === "h265,h265");
  const { page, trouble, close } = await open(id);
  await page.getByText("Showing a picture each second").waitFor();
  const image = page.locator(".live-picture");
  const first = await until("a picture", async () =>
    (await image.evaluate((each) => each.naturalWidth).catch(() => 0)) === 640 ? image.getAttribute("src") : null);
  await until("the next picture", async () => (await image.getAttribute("src")) !== first);
  await shoot(page, "h265-real");
  await page.goto(`${target.url}/#/wall?n=4&s=${id}/1`);
  await page.locator('[data-tile] [data-form="pictures"][data-status="playing"]').waitFor();
  assert.deepEqual(trouble, []);
  await close();
});

for (const [name, codec] of [["G.711", /^pcmu$/], ["AAC", /^aac$/]])
  test(`${name} is heard when sound is switched on`, async () => {
    const id = find(name, (device) => codec.test(device.channels[0].profiles?.[1]?.audio ?? "") && codecs(device) === "h264,h264");
    const { page, trouble, close } = await open(id, "/1/sub");
    await plays(page, 1);
    assert.equal(await page.evaluate(() => document.querySelector("video").muted), true, "silent at first");
    await page.getByRole("button", { name: "Sound on" }).click();
    await page.evaluate(() => {
      const context = new AudioContext();
      const meter = context.createAnalyser();
      context.createMediaStreamSource(document.querySelector("video").captureStream()).connect(meter);
      const samples = new Float32Array(meter.fftSize);
      window.level = () => {
        meter.getFloatTimeDomainData(samples);
        return samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
      };
    });
    await until("sound", () => page.evaluate(() => !document.querySelector("video").muted && window.level() > 0.01));
    await plays(page, 1);
    assert.deepEqual(trouble, []);
    await close();
  });
