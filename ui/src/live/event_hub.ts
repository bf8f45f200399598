// The one connection to /api/v1/stream of this tab. It comes back by itself with the cursor of the last event, so that what
// happened meanwhile is told; where that is impossible everybody hears `reset` and reads anew.

import { Backoff } from "../player/backoff";
import type { LedgerEntry, StreamEvent } from "../types";
import { SseParser } from "./sse";

export type HubState = "connecting" | "open" | "down";
// `kind` is the name of the event; the `type` of an alarm is the alarm's own.
export type HubEvent = { kind: string } & Partial<StreamEvent> & Partial<Omit<LedgerEntry, keyof StreamEvent>>;

export interface HubEnv {
  connect(cursor: string | null, signal: AbortSignal): Promise<Response>;
  after(ms: number, run: () => void): () => void;
  random(): number;
}

// The gateway sends a comment every 15 s: longer silence is a dead connection.
export const silenceMs = 40_000;

export class EventHub {
  state: HubState = "connecting";
  private readonly listeners = new Set<(event: HubEvent) => void>();
  private readonly watchers = new Set<() => void>();
  private readonly backoff: Backoff;
  private cursor: string | null = null;
  private wasOpen = false;
  private run: AbortController | null = null;
  private cancelTimer: (() => void) | null = null;

  constructor(private readonly env: HubEnv) {
    this.backoff = new Backoff(() => env.random(), 1_000, 30_000);
  }

  start(): void {
    if (this.run === null) void this.connect();
  }

  stop(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.run?.abort();
    this.run = null;
  }

  // Asks anew, from the last event on.
  restart(): void {
    if (this.run === null) return;
    this.stop();
    this.start();
  }

  // Every event, in order; the returned function ends it.
  listen(listener: (event: HubEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  // Changes of `state`.
  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  // The cursor of a list that was read while this is open: without an event yet it is where to come back to.
  seed(cursor: string | null): void {
    if (this.state === "open") this.cursor ??= cursor;
  }

  private async connect(): Promise<void> {
    const run = new AbortController();
    this.run = run;
    try {
      const answer = await this.env.connect(this.cursor, run.signal);
      if (run.signal.aborted) return;
      // Who comes back without a cursor may have missed something.
      if (this.wasOpen && this.cursor === null) this.tell({ kind: "reset", cause: "unknown" });
      this.wasOpen = true;
      this.enter("open");
      await this.read(answer, run);
    } catch {
      // Whatever it was, the answer is the same: again, later.
    }
    if (this.run !== run) return;
    run.abort();
    this.enter("down");
    this.cancelTimer = this.env.after(this.backoff.next(), () => void this.connect());
  }

  private async read(answer: Response, run: AbortController): Promise<void> {
    const reader = answer.body?.getReader();
    if (reader === undefined) return;
    const decoder = new TextDecoder();
    const parser = new SseParser(({ event: name, data, id }) => {
      const event = parse(name, data);
      if (event === null) return;
      if (id !== null && id !== "") this.cursor = id;
      this.tell(event);
    });
    for (;;) {
      const cancel = this.env.after(silenceMs, () => run.abort());
      let piece: { done: boolean; value?: Uint8Array | undefined };
      try {
        piece = await reader.read();
      } finally {
        cancel();
      }
      if (piece.done || run.signal.aborted) return;
      this.backoff.reset();
      parser.push(decoder.decode(piece.value, { stream: true }));
    }
  }

  private tell(event: HubEvent): void {
    for (const each of [...this.listeners]) each(event);
  }

  private enter(state: HubState): void {
    if (this.state === state) return;
    this.state = state;
    for (const each of [...this.watchers]) each();
  }
}

function parse(name: string, data: string): HubEvent | null {
  try {
    const value = JSON.parse(data) as HubEvent | null;
    if (typeof value !== "object" || value === null) return null;
    const kind = name === "message" ? value.type : name;
    return typeof kind === "string" ? { ...value, kind } : null;
  } catch {
    return null;
  }
}
