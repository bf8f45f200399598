// Keeps one <video> showing one live stream: connects, stays close to live, returns by itself, and says why it stopped.
// Knows nothing of React or of the API; everything it touches comes in by Env, so that tests drive it with fakes.

import { Backoff } from "./backoff";
import { Feed, type SocketLike } from "./feed";
import { advise, defaultTuning, rangesOf, widen, type Tuning } from "./live_edge";
import { Meter } from "./meter";
import { PlayerError } from "./player_error";
import { Sink, type MediaSourceLike } from "./sink";

export interface VideoLike {
  src: string;
  currentTime: number;
  playbackRate: number;
  readonly paused: boolean;
  readonly videoWidth: number;
  readonly videoHeight: number;
  readonly error: { code: number; message: string } | null;
  play(): Promise<void>;
  load(): void;
  removeAttribute(name: string): void;
  getVideoPlaybackQuality(): { totalVideoFrames: number; droppedVideoFrames: number };
  addEventListener(name: string, listener: () => void): void;
  removeEventListener(name: string, listener: () => void): void;
}

export interface Env {
  // Where to connect now: asks the gateway for a token. Fails with an error that has a `code`.
  address(): Promise<string>;
  socket(url: string): SocketLike;
  mediaSource(): { source: MediaSourceLike; url: string; release(): void };
  supported(mime: string): boolean;
  now(): number;
  after(ms: number, run: () => void): () => void;
  random(): number;
  // Before a picture goes away that nobody asked to stop: a chance to keep it in sight, marked as old.
  keepPicture?(): void;
}

export type Status =
  | { kind: "stopped" }
  // With the error that ended the attempt before, as long as nothing was seen since.
  | { kind: "connecting"; error?: PlayerError }
  | { kind: "playing" }
  | { kind: "waiting"; error: PlayerError; retryAt: number }
  | { kind: "unsupported"; mime: string };

export interface Figures {
  width: number;
  height: number;
  fps: number;
  kbps: number;
  behindMs: number;
  dropped: number;
  mime: string;
}

// No bytes for this long: the connection is dead although nobody closed it.
export const silenceMs = 12_000;
// Bytes came for this long after the last new picture: the decoder hangs.
export const frozenMs = 6_000;
const tickMs = 500;
// It has to play this long before a failure counts as the first one again.
const stableMs = 10_000;

export class MsePlayer {
  status: Status = { kind: "stopped" };
  private attempt = 0; // counts up to outdate what earlier attempts still have under way
  private feed: Feed | null = null;
  private sink: Sink | null = null;
  private release: (() => void) | null = null;
  private cancelTimer: (() => void) | null = null;
  private readonly backoff: Backoff;
  private readonly meter = new Meter();
  private tuning: Tuning = defaultTuning;
  private lastError: PlayerError | null = null;
  private mime = "";
  private tracks = "";
  private behind = 0;
  private lastBytesAt = 0;
  private lastPictureAt = 0;
  private lastTime = 0;
  private playingSince = 0;

  constructor(
    private readonly video: VideoLike,
    private readonly env: Env,
    private readonly changed: (status: Status) => void,
  ) {
    this.backoff = new Backoff(() => env.random());
    video.addEventListener("error", this.videoFailed);
    video.addEventListener("waiting", this.stalled);
  }

  start(): void {
    if (this.status.kind === "connecting" || this.status.kind === "playing") return;
    this.connect();
  }

  stop(): void {
    this.tearDown();
    this.backoff.reset();
    this.lastError = null;
    this.enter({ kind: "stopped" });
  }

  // The owner is gone with its <video>.
  dispose(): void {
    this.tearDown();
    this.video.removeEventListener("error", this.videoFailed);
    this.video.removeEventListener("waiting", this.stalled);
  }

  figures(): Figures {
    const quality = this.video.getVideoPlaybackQuality();
    const { fps, kbps } = this.meter.rates(this.env.now(), quality.totalVideoFrames);
    return {
      width: this.video.videoWidth,
      height: this.video.videoHeight,
      fps,
      kbps,
      behindMs: this.behind * 1000,
      dropped: quality.droppedVideoFrames,
      mime: this.mime,
    };
  }

  private connect(): void {
    this.tearDown();
    const attempt = this.attempt;
    this.enter(this.lastError === null ? { kind: "connecting" } : { kind: "connecting", error: this.lastError });
    this.lastBytesAt = this.env.now();
    this.tick();
    this.env.address().then(
      (url) => {
        if (attempt === this.attempt) this.open(url);
      },
      (cause: unknown) => {
        if (attempt === this.attempt) this.failed(asPlayerError(cause));
      },
    );
  }

  private open(url: string): void {
    let socket: SocketLike;
    try {
      socket = this.env.socket(url);
    } catch (cause) {
      return this.failed(new PlayerError("player.refused", String(cause)));
    }
    this.feed = new Feed(socket, {
      init: (mime) => this.init(mime),
      chunk: (bytes) => this.chunk(bytes),
      end: (error) => this.failed(error),
    });
  }

  private init(mime: string): void {
    this.mime = mime;
    if (!this.env.supported(mime)) {
      this.tearDown();
      return this.enter({ kind: "unsupported", mime });
    }
    const tracks = tracksIn(mime);
    if (this.sink !== null) {
      if (tracks === this.tracks) return this.sink.change(mime);
      this.release?.(); // sound came or went: a MediaSource keeps the tracks that it began with
    }
    this.tracks = tracks;
    const { source, url, release } = this.env.mediaSource();
    this.release = release;
    const sink: Sink = new Sink(
      source,
      mime,
      () => {
        if (sink === this.sink) this.steer();
      },
      (error) => {
        if (sink === this.sink) this.failed(error);
      },
      () => this.played(),
    );
    this.sink = sink;
    this.lastTime = 0;
    this.video.src = url;
  }

  private chunk(bytes: ArrayBuffer): void {
    this.lastBytesAt = this.env.now();
    this.meter.addBytes(bytes.byteLength);
    this.sink?.append(bytes);
  }

  // After each append: stay close to live, keep little.
  private steer(): void {
    const { video, sink } = this;
    if (sink === null) return;
    const ranges = rangesOf(sink.buffered);
    if (ranges.length === 0) return;
    const advice = advise(ranges, video.currentTime, this.tuning);
    this.behind = advice.behind;
    if (advice.seek !== undefined) video.currentTime = advice.seek;
    if (video.playbackRate !== advice.rate) video.playbackRate = advice.rate;
    if (advice.trim !== undefined) sink.remove(advice.trim);
    if (video.paused) video.play().catch(() => undefined); // refused without a gesture only if not muted
    this.notePicture();
  }

  private notePicture(): void {
    const now = this.env.now();
    if (this.video.currentTime === this.lastTime) return;
    this.lastTime = this.video.currentTime;
    this.lastPictureAt = now;
    if (this.status.kind !== "playing" && (this.video.videoWidth > 0 || this.mime.startsWith("audio/"))) {
      this.playingSince = now;
      this.lastError = null;
      this.enter({ kind: "playing" });
    }
  }

  private tick(): void {
    this.cancelTimer = this.env.after(tickMs, () => {
      const now = this.env.now();
      if (this.sink !== null) this.notePicture();
      if (now - this.lastBytesAt > silenceMs) return this.failed(new PlayerError("player.silent"));
      if (this.status.kind === "playing") {
        if (this.lastBytesAt - this.lastPictureAt > frozenMs) return this.failed(new PlayerError("player.frozen"));
        if (now - this.playingSince > stableMs) this.backoff.reset();
      }
      this.tick();
    });
  }

  private failed(error: PlayerError): void {
    if (this.status.kind === "playing") this.env.keepPicture?.();
    this.tearDown();
    const wait = this.backoff.next();
    this.lastError = error;
    this.enter({ kind: "waiting", error, retryAt: this.env.now() + wait });
    this.cancelTimer = this.env.after(wait, () => this.connect());
  }

  private played(): { start: number; end: number } | null {
    const first = this.sink === null ? undefined : rangesOf(this.sink.buffered)[0];
    const end = this.video.currentTime - 0.5;
    return first !== undefined && end > first.start ? { start: first.start, end } : null;
  }

  private tearDown(): void {
    ++this.attempt;
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.feed?.close();
    this.feed = null;
    this.sink = null;
    this.behind = 0;
    this.lastTime = this.video.currentTime;
    this.meter.reset();
    if (this.release !== null) {
      this.release();
      this.release = null;
      this.video.removeAttribute("src");
      this.video.load();
      this.lastTime = 0;
    }
  }

  private readonly videoFailed = (): void => {
    const error = this.video.error;
    if (this.sink === null || error === null) return;
    this.failed(new PlayerError("player.decode", error.message || `MediaError ${error.code}`));
  };

  private readonly stalled = (): void => {
    if (this.status.kind === "playing") this.tuning = widen(this.tuning);
  };

  private enter(status: Status): void {
    this.status = status;
    this.changed(status);
  }
}

// What is in it, whatever form that has: "v", "va" or "a".
function tracksIn(mime: string): string {
  const codecs = /codecs="([^"]*)"/.exec(mime)?.[1]?.split(",") ?? [];
  return codecs.map((codec) => (/^\s*(mp4a|opus)/i.test(codec) ? "a" : "v")).join("");
}

function asPlayerError(cause: unknown): PlayerError {
  if (cause instanceof PlayerError) return cause;
  const { code, detail, message } = (cause ?? {}) as { code?: unknown; detail?: unknown; message?: unknown };
  return new PlayerError(
    typeof code === "string" ? code : "client.unreachable",
    typeof detail === "string" && detail !== "" ? detail : typeof message === "string" ? message : "",
  );
}
