// Which devices are blind now: an alarm of theirs could not reach us. Read every few seconds, and soon after the event stream
// told of a move or of an interval; kept while somebody looks. Knows nothing of React.

import { ApiError } from "../api";
import type { EventHub } from "../live/event_hub";
import type { BlindInterval, Page } from "../types";

export interface BlindSource {
  blind(query: URLSearchParams, signal: AbortSignal): Promise<Page<BlindInterval>>;
}

// By device; null as long as nobody knows, or where the gateway does not keep them.
export type BlindView = ReadonlyMap<string, BlindInterval> | null;

export const blindType = "camfleet.blind";
const pollMs = 10_000;
const gatherMs = 1_000;
const most = 100_000; // as many as a gateway has devices

export class BlindStore {
  view: BlindView = null;
  private readonly watchers = new Set<() => void>();
  private users = 0;
  private run: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private due = 0;
  private forget: (() => void) | null = null;

  constructor(
    private readonly source: BlindSource,
    private readonly hub: EventHub,
    private readonly now: () => number = Date.now,
  ) {}

  // As long as somebody looks, it is kept true. The returned function ends that for this one.
  use(changed: () => void): () => void {
    this.watchers.add(changed);
    if (++this.users === 1) {
      this.forget = this.hub.listen((event) => {
        if (event.kind === "move" || event.kind === "reset" || event.kind === "removed" || event.type === blindType) this.later(gatherMs);
      });
      void this.read();
    }
    return () => {
      this.watchers.delete(changed);
      if (--this.users === 0) this.end();
    };
  }

  private end(): void {
    this.forget?.();
    this.forget = null;
    this.run?.abort();
    this.run = null;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  // The next reading is at the earliest of the times that were asked for.
  private later(ms: number): void {
    const due = this.now() + ms;
    if (this.run !== null) {
      this.due = Math.min(this.due, due);
      return;
    }
    if (this.timer !== null) {
      if (this.due <= due) return;
      clearTimeout(this.timer);
    }
    this.due = due;
    this.timer = setTimeout(() => void this.read(), ms);
  }

  private async read(): Promise<void> {
    const run = new AbortController();
    this.run = run;
    this.timer = null;
    const began = this.now();
    this.due = Infinity;
    let rest = pollMs;
    try {
      const page = await this.source.blind(new URLSearchParams({ open: "true", limit: String(most) }), run.signal);
      if (this.run !== run) return;
      const found = new Map(page.items.filter((each) => each.to === null && each.device !== "").map((each) => [each.device, each] as const));
      if (!same(this.view, found)) this.show(found);
    } catch (error) {
      if (this.run !== run) return;
      // What was known a while ago is no answer to "who is blind now".
      if (this.view !== null) this.show(null);
      if (error instanceof ApiError && error.status === 404) rest = 6 * pollMs;
    }
    this.run = null;
    // A large fleet on a slow link must not be read without a pause.
    this.later(Math.max((this.now() - began) * 3, Math.min(rest, Math.max(0, this.due - this.now()))));
  }

  private show(view: BlindView): void {
    this.view = view;
    for (const each of [...this.watchers]) each();
  }
}

function same(a: BlindView, b: ReadonlyMap<string, BlindInterval>): boolean {
  if (a === null || a.size !== b.size) return false;
  for (const [device, { from, reason, text }] of b) {
    const other = a.get(device);
    if (other === undefined || other.from !== from || other.reason !== reason || other.text !== text) return false;
  }
  return true;
}
