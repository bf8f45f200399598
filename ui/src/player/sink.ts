// A MediaSource with one SourceBuffer. Appends and removals wait their turn in a bounded queue.

import { PlayerError } from "./player_error";
import type { Range } from "./live_edge";

export interface SourceBufferLike {
  readonly updating: boolean;
  readonly buffered: { length: number; start(i: number): number; end(i: number): number };
  mode: string;
  appendBuffer(bytes: ArrayBuffer): void;
  remove(start: number, end: number): void;
  changeType?(mime: string): void;
  addEventListener(name: "updateend" | "error", listener: () => void): void;
}

export interface MediaSourceLike {
  readonly readyState: string;
  addSourceBuffer(mime: string): SourceBufferLike;
  addEventListener(name: "sourceopen", listener: () => void): void;
}

// More waiting than this and the decoder is not keeping up: some seconds of a high bit rate.
export const queueLimitBytes = 16 * 1024 * 1024;

type Job = { append: ArrayBuffer } | { remove: Range } | { change: string };

export class Sink {
  private buffer: SourceBufferLike | null = null;
  private jobs: Job[] = [];
  private waitingBytes = 0;
  private failed = false;

  constructor(
    private readonly source: MediaSourceLike,
    private mime: string,
    private readonly updated: () => void,
    private readonly fail: (error: PlayerError) => void,
    // Asked when the browser's buffer is full: what may go.
    private readonly disposable: () => Range | null,
  ) {
    source.addEventListener("sourceopen", () => this.open());
  }

  append(bytes: ArrayBuffer): void {
    this.waitingBytes += bytes.byteLength;
    if (this.waitingBytes > queueLimitBytes) return this.die("player.too_slow", `${this.waitingBytes} bytes waiting`);
    this.jobs.push({ append: bytes });
    this.pump();
  }

  remove(range: Range): void {
    if (this.jobs.some((job) => "remove" in job)) return;
    this.jobs.push({ remove: range });
    this.pump();
  }

  // The stream changed its form on the way (another resolution, audio added).
  change(mime: string): void {
    if (mime === this.mime) return;
    this.mime = mime;
    this.jobs.push({ change: mime });
    this.pump();
  }

  get buffered(): SourceBufferLike["buffered"] {
    try {
      return this.buffer?.buffered ?? nothing;
    } catch {
      return nothing; // the browser took the buffer away after an error
    }
  }

  private open(): void {
    if (this.buffer !== null || this.failed) return;
    try {
      this.buffer = this.source.addSourceBuffer(this.mime);
    } catch (cause) {
      return this.die("player.unsupported", String(cause));
    }
    this.jobs = this.jobs.filter((job) => !("change" in job));
    this.buffer.addEventListener("updateend", () => {
      this.updated();
      this.pump();
    });
    this.buffer.addEventListener("error", () => this.die("player.decode", "SourceBuffer"));
    this.pump();
  }

  private pump(): void {
    const buffer = this.buffer;
    if (buffer === null || buffer.updating || this.failed) return;
    if (this.source.readyState !== "open") return this.die("player.decode", "MediaSource " + this.source.readyState);
    const job = this.jobs.shift();
    if (job === undefined) return;
    try {
      if ("append" in job) {
        buffer.appendBuffer(job.append);
        this.waitingBytes -= job.append.byteLength;
      } else if ("remove" in job) {
        buffer.remove(job.remove.start, job.remove.end);
      } else {
        if (buffer.changeType === undefined) return this.die("player.changed", job.change);
        buffer.changeType(job.change);
        this.pump();
      }
    } catch (cause) {
      if ((cause as Error).name === "QuotaExceededError" && "append" in job) this.makeRoom(job);
      else this.die("player.decode", String(cause));
    }
  }

  private makeRoom(job: Job): void {
    const range = this.disposable();
    if (range === null || this.buffer === null) return this.die("player.too_slow", "buffer full");
    this.jobs.unshift(job);
    this.buffer.remove(range.start, range.end);
  }

  private die(code: string, detail: string): void {
    if (this.failed) return;
    this.failed = true;
    this.jobs = [];
    this.fail(new PlayerError(code, detail));
  }
}

const nothing = { length: 0, start: () => 0, end: () => 0 };
