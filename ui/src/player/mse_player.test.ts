import { beforeEach, describe, expect, it } from "vitest";
import { FakeEnv, FakeVideo, settle } from "./fakes";
import { frozenMs, MsePlayer, silenceMs, type Status } from "./mse_player";

const mime = 'video/mp4; codecs="avc1.4d401f"';

let env: FakeEnv;
let video: FakeVideo;
let seen: Status[];
let player: MsePlayer;

beforeEach(() => {
  env = new FakeEnv();
  video = new FakeVideo();
  seen = [];
  player = new MsePlayer(video, env, (status) => seen.push(status));
});

const socket = () => env.sockets.at(-1)!;
const source = () => env.sources.at(-1)!;
const buffer = () => source().buffer;

async function connected(): Promise<void> {
  player.start();
  await settle();
  socket().open();
  socket().text({ type: "init", mime });
  source().open();
}

async function playing(): Promise<void> {
  await connected();
  socket().media();
  buffer().done();
  socket().media();
  video.videoWidth = 1280;
  buffer().done([[50, 51]]);
}

describe("the way to the first picture", () => {
  it("asks for an address, opens the socket, and plays at the live edge", async () => {
    await playing();
    expect(seen.map((status) => status.kind)).toEqual(["connecting", "playing"]);
    expect(video.src).toBe("blob:fake");
    expect(video.currentTime).toBeCloseTo(50.7);
    expect(video.paused).toBe(false);
    expect(source().mime).toBe(mime);
  });

  it("keeps what arrives before the MediaSource is open", async () => {
    player.start();
    await settle();
    socket().text({ type: "init", mime });
    socket().media();
    socket().media();
    expect(buffer().appended).toBe(0);
    source().open();
    expect(buffer().appended).toBe(1);
    buffer().done();
    expect(buffer().appended).toBe(2);
  });

  it("says so where the browser cannot decode the codec, and does not try again", async () => {
    env.decodes = false;
    player.start();
    await settle();
    socket().text({ type: "init", mime: 'video/mp4; codecs="hvc1.1.6.L93.B0"' });
    expect(player.status.kind).toBe("unsupported");
    expect(socket().closed).toBe(true);
    await env.advance(120_000);
    expect(env.sockets.length).toBe(1);
  });

  it("ignores messages that it does not know", async () => {
    await playing();
    socket().text({ type: "news" });
    socket().onmessage?.({ data: "not json" });
    socket().onmessage?.({ data: "null" });
    expect(player.status.kind).toBe("playing");
  });
});

describe("sound", () => {
  const both = 'video/mp4; codecs="avc1.4d401f,mp4a.40.2"';

  it("goes into the same buffer as the picture", async () => {
    player.start();
    await settle();
    socket().open();
    socket().text({ type: "init", mime: both });
    source().open();
    expect(source().mime).toBe(both);
    expect(env.sources.length).toBe(1);
  });

  it("of another form changes the buffer, and one that comes on the way begins a new MediaSource", async () => {
    await playing();
    socket().text({ type: "init", mime: 'video/mp4; codecs="avc1.640028"' });
    buffer().done();
    expect(env.sources.length).toBe(1);
    expect(buffer().mimes).toEqual(['video/mp4; codecs="avc1.640028"']);
    const before = buffer();
    socket().text({ type: "init", mime: both });
    expect(env.sources.length).toBe(2);
    expect(env.released).toBe(1);
    source().open();
    socket().media();
    expect(source().mime).toBe(both);
    expect(buffer().appended).toBe(1);
    before.done([[0, 1]]); // what the old one still says counts no more
    expect(player.status.kind).toBe("playing");
    expect(env.sockets.length).toBe(1);
  });

  it("alone plays without a picture", async () => {
    player.start();
    await settle();
    socket().open();
    socket().text({ type: "init", mime: 'audio/mp4; codecs="mp4a.40.2"' });
    source().open();
    socket().media();
    buffer().done([[50, 51]]);
    expect(player.status.kind).toBe("playing");
  });
});

describe("when it stops", () => {
  it("shows the gateway's code, and returns by itself", async () => {
    await playing();
    socket().text({ type: "error", code: "media.stalled", detail: "no frame for 10 s" });
    socket().drop(1011);
    expect(player.status).toMatchObject({ kind: "waiting", error: { code: "media.stalled", detail: "no frame for 10 s" } });
    expect(env.released).toBe(1);
    await env.advance(1_000);
    expect(env.sockets.length).toBe(2);
    // What ended it is still told while it tries again, until somebody stops it.
    expect(player.status).toMatchObject({ kind: "connecting", error: { code: "media.stalled" } });
    player.stop();
    player.start();
    expect(player.status).toEqual({ kind: "connecting" });
  });

  it("tells a refused connection from a lost one", async () => {
    player.start();
    await settle();
    socket().drop();
    expect(player.status).toMatchObject({ error: { code: "player.refused" } });
    await env.advance(1_000);
    socket().open();
    socket().drop();
    expect(player.status).toMatchObject({ error: { code: "player.closed" } });
  });

  it("shows why no token was given", async () => {
    env.addressError = Object.assign(new Error("offline"), { code: "device.offline", detail: "backoff" });
    player.start();
    await settle();
    expect(player.status).toMatchObject({ kind: "waiting", error: { code: "device.offline", detail: "backoff" } });
  });

  it("gives up a connection that has fallen silent", async () => {
    await playing();
    await env.advance(silenceMs + 1_000);
    expect(seen.some((status) => status.kind === "waiting" && status.error.code === "player.silent")).toBe(true);
  });

  it("starts over when bytes come and the picture stands still", async () => {
    await playing();
    for (let ms = 0; ms < frozenMs + 2_000 && player.status.kind === "playing"; ms += 500) {
      socket().media();
      await env.advance(500);
    }
    expect(player.status).toMatchObject({ kind: "waiting", error: { code: "player.frozen" } });
  });

  it("starts over after a decode error", async () => {
    await playing();
    video.error = { code: 3, message: "bad frame" };
    video.emit("error");
    expect(player.status).toMatchObject({ kind: "waiting", error: { code: "player.decode", detail: "bad frame" } });
  });

  it("waits longer each time, and less again after a stable while", async () => {
    const waits: number[] = [];
    const note = () => {
      if (player.status.kind === "waiting") waits.push(player.status.retryAt - env.time);
    };
    env.random = () => 1;
    player.start();
    await settle();
    for (let i = 0; i < 3; ++i) {
      socket().drop();
      note();
      await env.advance(10_000);
    }
    socket().open();
    socket().text({ type: "init", mime });
    source().open();
    video.videoWidth = 640;
    for (let s = 0; s < 24; ++s) {
      socket().media();
      buffer().done([[0, s + 1]]);
      await env.advance(500);
    }
    socket().drop();
    note();
    expect(waits).toEqual([750, 1250, 2250, 750]);
  });

  it("stays stopped when told to stop, whatever is under way", async () => {
    player.start();
    player.stop();
    await settle();
    expect(env.sockets.length).toBe(0);
    await env.advance(60_000);
    expect(player.status.kind).toBe("stopped");
  });

  it("lets go of everything when disposed", async () => {
    await playing();
    player.dispose();
    const count = seen.length;
    video.emit("error");
    await env.advance(60_000);
    expect(seen.length).toBe(count);
    expect(env.released).toBe(1);
    expect(socket().closed).toBe(true);
  });
});

describe("staying live", () => {
  it("jumps to the edge when it fell behind", async () => {
    await playing();
    socket().media();
    video.currentTime = 52;
    buffer().done([[50, 54]]);
    expect(video.currentTime).toBeCloseTo(53.7);
  });

  it("trims what was played", async () => {
    await playing();
    socket().media();
    video.currentTime = 99.8;
    buffer().done([[50, 100]]);
    expect(buffer().removed).toEqual([[50, 99.8 - 30]]);
  });

  it("makes room when the browser's buffer is full", async () => {
    await playing();
    video.currentTime = 60;
    buffer().quota = 0;
    socket().media();
    expect(buffer().removed).toEqual([[50, 59.5]]);
    const before = buffer().appended;
    buffer().done([[59.5, 60.2]]);
    expect(buffer().appended).toBe(before + 1);
  });

  it("never hoards more than its bound when the decoder does not keep up", async () => {
    await playing();
    for (let i = 0; i < 20; ++i) socket().media(1024 * 1024);
    expect(player.status).toMatchObject({ kind: "waiting", error: { code: "player.too_slow" } });
  });

  it("follows a stream that changes its form", async () => {
    await playing();
    socket().text({ type: "init", mime: 'video/mp4; codecs="avc1.640028"' });
    socket().media();
    expect(buffer().mimes).toEqual(['video/mp4; codecs="avc1.640028"']);
    expect(player.status.kind).toBe("playing");
  });
});
