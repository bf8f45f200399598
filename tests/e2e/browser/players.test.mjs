// Chromium without the console: mpegts.js on FLV and transport streams over HTTP and WebSocket, a plain <video> on MP4, and
// Media Source Extensions on the WebSocket. All on one page, at the same time; each must go on for CAMFLEET_SECONDS.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { api, gateway, launch, openPage, until } from "./console.mjs";

const seconds = Number(process.env.CAMFLEET_SECONDS ?? 5);
const streams = JSON.parse(process.env.CAMFLEET_STREAMS); // [{stream, sound}]
const library = await readFile(createRequire(import.meta.url).resolve("mpegts.js/dist/mpegts.js"), "utf8");

// In the page: begins to play, and keeps the video under its name.
function begin({ name, form, urls }) {
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  window.players ??= {};
  const player = (window.players[name] = { video, errors: [] });
  video.addEventListener("error", () => player.errors.push(`video: ${video.error?.message}`));
  const wayTo = { flv: urls.flv, ts: urls.ts, "ws-flv": urls.ws_flv, "ws-ts": urls.ws_flv.replace("form=flv", "form=ts") };
  if (form === "mp4") {
    video.src = urls.mp4;
  } else if (form === "ws") {
    const source = new MediaSource();
    video.src = URL.createObjectURL(source);
    source.addEventListener("sourceopen", () => {
      const waiting = [];
      let buffer;
      const next = () => {
        if (waiting.length > 0 && !buffer.updating) buffer.appendBuffer(waiting.shift());
      };
      const socket = new WebSocket(urls.ws);
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => {
        if (typeof data === "string") {
          const told = JSON.parse(data);
          if (told.type !== "init") return player.errors.push(data);
          buffer = source.addSourceBuffer(told.mime);
          buffer.onupdateend = () => {
            const { buffered } = buffer;
            if (buffered.length > 0 && video.currentTime < buffered.start(0)) video.currentTime = buffered.start(0);
            next();
          };
        } else {
          waiting.push(data);
          next();
        }
      };
      player.socket = socket;
    });
  } else {
    const kind = form.endsWith("ts") ? "mpegts" : "flv";
    const made = window.mpegts.createPlayer({ type: kind, isLive: true, url: wayTo[form] }, { enableWorker: false });
    made.on(window.mpegts.Events.ERROR, (...why) => player.errors.push(why.map(String).join(" ")));
    made.attachMediaElement(video);
    made.load();
    player.made = made;
  }
  video.play().catch((error) => {
    if (error.name !== "AbortError") player.errors.push(`play: ${error.message}`);
  });
}

function look(name) {
  const { video, errors } = window.players[name];
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  const holes = Math.max(0, video.buffered.length - 1);
  return { time: video.currentTime, frames: totalVideoFrames, dropped: droppedVideoFrames, heard: video.webkitAudioDecodedByteCount, holes, errors };
}

test("every form that a browser can play goes on", { timeout: (seconds + 90) * 1000 }, async () => {
  const target = await gateway();
  const call = api(target);
  const browser = await launch();
  try {
    // The page's own policy is the console's, and permits none of this.
    const { page } = await openPage(browser, { bypassCSP: true });
    await page.goto(`${target.url}/`);
    await page.addScriptTag({ content: library });
    const playing = [];
    for (const { stream, sound } of streams) {
      const { urls } = await call("POST", "/api/v1/live-tokens", { stream, ttl_s: 300 });
      for (const form of ["mp4", "ws", "flv", "ts", "ws-flv", "ws-ts"]) {
        const name = `${stream} ${form}`;
        playing.push({ name, sound });
        await page.evaluate(begin, { name, form, urls });
      }
    }
    await Promise.all(
      playing.map(async ({ name, sound }) => {
        const first = await until(`${name} plays`, async () => {
          const seen = await page.evaluate(look, name);
          assert.deepEqual(seen.errors, [], name);
          return seen.time > 0 && seen.frames > 5 && seen;
        }, 60_000);
        const last = await until(`${name} goes on for ${seconds} s`, async () => {
          const seen = await page.evaluate(look, name);
          assert.deepEqual(seen.errors, [], name);
          return seen.time - first.time >= seconds && seen;
        }, (seconds + 60) * 1000);
        assert.ok(last.frames - first.frames > seconds * 25 * 0.5, `${name}: ${JSON.stringify([first, last])}`);
        assert.equal(last.holes, 0, `${name}: ${JSON.stringify(last)}`);
        if (sound) assert.ok(last.heard > first.heard, `${name} is silent`);
        console.log(`PLAYED ${JSON.stringify({ name, frames: last.frames - first.frames, dropped: last.dropped })}`);
      }),
    );
  } finally {
    await browser.close();
    target.close();
  }
});

// Debian's Chromium has no decoder of H.265; what mpegts.js then complains of is the codec that it read.
test("mpegts.js reads H.265 in FLV in both forms, and in a transport stream", { timeout: 90_000 }, async () => {
  const target = await gateway();
  const call = api(target);
  const browser = await launch();
  try {
    const { page } = await openPage(browser, { bypassCSP: true });
    await page.goto(`${target.url}/`);
    await page.addScriptTag({ content: library });
    const { urls } = await call("POST", "/api/v1/live-tokens", { stream: process.env.CAMFLEET_HEVC, ttl_s: 300 });
    const ways = [["flv", `${urls.flv}&hevc=hvc1`], ["flv", `${urls.flv}&hevc=12`], ["mpegts", urls.ts]];
    for (const [type, url] of ways) {
      const told = await page.evaluate(
        ([type, url]) =>
          new Promise((resolve) => {
            const player = window.mpegts.createPlayer({ type, isLive: true, url }, { enableWorker: false });
            player.on(window.mpegts.Events.ERROR, (kind, what, why) => resolve(`${kind} ${what} ${why?.msg}`));
            player.attachMediaElement(document.body.appendChild(document.createElement("video")));
            player.load();
          }),
        [type, url],
      );
      assert.match(told, /codecs=hvc1\.1\.\d+\.L\d+\.B0.* is unsupported/, url);
    }
  } finally {
    await browser.close();
    target.close();
  }
});
