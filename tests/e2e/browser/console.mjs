// What the browser tests share: Debian's Chromium, a gateway to look at, and a page that notes whatever goes wrong in it.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const executablePath = process.env.CAMFLEET_CHROMIUM ?? "/usr/bin/chromium";
const artefacts = process.env.CAMFLEET_ARTEFACTS ?? new URL("artefacts/", import.meta.url).pathname;

export function launch() {
  const args = ["--headless", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];
  args.push("--disable-sync", "--no-first-run");
  if (process.getuid?.() === 0) args.push("--no-sandbox"); // Chromium refuses its sandbox to root
  return chromium.launch({ executablePath, args });
}

// The gateway of CAMFLEET_URL and CAMFLEET_TOKEN; without them a mock with invented devices, all online.
export async function gateway(options = { healthy: true }) {
  const { CAMFLEET_URL: url, CAMFLEET_TOKEN: token } = process.env;
  if (url !== undefined && options.mockOnly !== true) {
    if (token === undefined) throw new Error("CAMFLEET_TOKEN is missing beside CAMFLEET_URL");
    return { url: url.replace(/\/$/, ""), token, close() {} };
  }
  const { startMock } = await import("../../../ui/mock/server.mjs");
  return startMock(options);
}

export function api({ url, token }) {
  return async (method, path, body) => {
    const answer = await fetch(url + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 || answer.status === 202 ? null : answer.json();
  };
}

// A page of its own browser context. `trouble` collects CSP violations, console errors and exceptions.
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: "en-US", ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") trouble.push(`console: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.exposeFunction("noteViolation", (text) => trouble.push(`policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      window.noteViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  return { page, trouble, close: () => context.close() };
}

export async function shoot(page, name) {
  mkdirSync(artefacts, { recursive: true });
  await page.screenshot({ path: join(artefacts, `${name}.png`), animations: "disabled" });
}

// What the <video> shows now: its clock, its frame count, its size, and a checksum of its pixels.
export function picture(page) {
  return page.evaluate(() => {
    const video = document.querySelector("video");
    if (video === null || video.videoWidth === 0) return null;
    const canvas = document.createElement("canvas");
    canvas.width = 96;
    canvas.height = 54;
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    let checksum = 0;
    const shades = new Set();
    for (let i = 0; i < pixels.length; ++i) {
      checksum = (checksum * 31 + pixels[i]) >>> 0;
      if (i % 4 === 1) shades.add(pixels[i] >> 4);
    }
    const quality = video.getVideoPlaybackQuality();
    return {
      time: video.currentTime,
      frames: quality.totalVideoFrames,
      width: video.videoWidth,
      height: video.videoHeight,
      checksum,
      shades: shades.size,
    };
  });
}

// Looks until `check` gives something, and says what it waited for if it never does.
export async function until(what, check, deadlineMs = 30_000) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Watches until the video has really played for `seconds`; answers the last picture.
export async function plays(page, seconds = 2) {
  const first = await until("a first picture", () => picture(page));
  return until(`video that plays for ${seconds} s`, async () => {
    const now = await picture(page);
    const moved = now !== null && now.time - first.time > seconds && now.frames - first.frames > seconds * 5;
    return moved && now.checksum !== first.checksum ? now : null;
  });
}
