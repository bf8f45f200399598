// Stand-ins for the browser, driven by hand: for tests only.

import type { SocketLike } from "./feed";
import type { Env, VideoLike } from "./mse_player";
import type { MediaSourceLike, SourceBufferLike } from "./sink";

export class FakeSocket implements SocketLike {
  binaryType = "";
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onerror: SocketLike["onerror"] = null;
  onclose: SocketLike["onclose"] = null;
  closed = false;

  constructor(readonly url: string) {}
  close(): void {
    this.closed = true;
  }
  open(): void {
    this.onopen?.(undefined as never);
  }
  text(value: unknown): void {
    this.onmessage?.({ data: JSON.stringify(value) });
  }
  media(bytes = 100): void {
    this.onmessage?.({ data: new ArrayBuffer(bytes) });
  }
  drop(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason });
  }
}

export class FakeBuffer implements SourceBufferLike {
  updating = false;
  mode = "segments";
  ranges: [number, number][] = [];
  appended = 0;
  removed: [number, number][] = [];
  mimes: string[] = [];
  quota = Infinity;
  private listeners: Record<string, (() => void)[]> = {};

  get buffered() {
    const ranges = this.ranges;
    return { length: ranges.length, start: (i: number) => ranges[i]![0], end: (i: number) => ranges[i]![1] };
  }
  appendBuffer(bytes: ArrayBuffer): void {
    if (this.appended >= this.quota) throw Object.assign(new Error("full"), { name: "QuotaExceededError" });
    ++this.appended;
    void bytes;
    this.updating = true;
  }
  remove(start: number, end: number): void {
    this.removed.push([start, end]);
    this.quota = Infinity;
    this.updating = true;
  }
  changeType(mime: string): void {
    this.mimes.push(mime);
  }
  addEventListener(name: string, listener: () => void): void {
    (this.listeners[name] ??= []).push(listener);
  }
  // The browser is done with what it was given; the media now reach to `ranges`.
  done(ranges = this.ranges): void {
    this.ranges = ranges;
    this.updating = false;
    for (const listener of this.listeners["updateend"] ?? []) listener();
  }
}

export class FakeMediaSource implements MediaSourceLike {
  readyState = "closed";
  buffer = new FakeBuffer();
  mime = "";
  refuse = false;
  private opened: (() => void)[] = [];

  addEventListener(_name: string, listener: () => void): void {
    this.opened.push(listener);
  }
  addSourceBuffer(mime: string): FakeBuffer {
    if (this.refuse) throw new Error("NotSupportedError");
    this.mime = mime;
    return this.buffer;
  }
  open(): void {
    this.readyState = "open";
    for (const listener of this.opened) listener();
  }
}

export class FakeVideo implements VideoLike {
  src = "";
  currentTime = 0;
  playbackRate = 1;
  paused = true;
  videoWidth = 0;
  videoHeight = 0;
  error: VideoLike["error"] = null;
  frames = 0;
  private listeners: Record<string, (() => void)[]> = {};

  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  load(): void {
    this.currentTime = 0;
    this.paused = true;
  }
  removeAttribute(): void {
    this.src = "";
  }
  getVideoPlaybackQuality() {
    return { totalVideoFrames: this.frames, droppedVideoFrames: 0 };
  }
  addEventListener(name: string, listener: () => void): void {
    (this.listeners[name] ??= []).push(listener);
  }
  removeEventListener(name: string, listener: () => void): void {
    this.listeners[name] = (this.listeners[name] ?? []).filter((each) => each !== listener);
  }
  emit(name: string): void {
    for (const listener of this.listeners[name] ?? []) listener();
  }
}

// Time that moves when told to, sockets and media sources that are kept to look at.
export class FakeEnv implements Env {
  time = 0;
  sockets: FakeSocket[] = [];
  sources: FakeMediaSource[] = [];
  released = 0;
  decodes = true;
  addressError: unknown = null;
  private timers: { at: number; run: () => void }[] = [];

  address(): Promise<string> {
    return this.addressError === null ? Promise.resolve("ws://gateway/live") : Promise.reject(this.addressError);
  }
  socket(url: string): FakeSocket {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket;
  }
  mediaSource() {
    const source = new FakeMediaSource();
    this.sources.push(source);
    return { source, url: "blob:fake", release: () => void ++this.released };
  }
  supported(): boolean {
    return this.decodes;
  }
  now(): number {
    return this.time;
  }
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }
  random(): number {
    return 0;
  }
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.time = due.at;
      due.run();
      await settle();
    }
    this.time = end;
  }
}

// Lets promises that are settled run their continuations.
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; ++i) await Promise.resolve();
}
