// Asks again and again, one question at a time: the next one starts an interval after the last answer. Rests while the
// page is hidden, and asks at once when it is seen again.

export interface Visibility {
  readonly hidden: boolean;
  addEventListener(name: "visibilitychange", listener: () => void): void;
  removeEventListener(name: "visibilitychange", listener: () => void): void;
}

export class Poller {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running: AbortController | null = null;
  private stopped = true;

  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<void>, // never rejects
    private readonly intervalMs: number,
    private readonly page: Visibility,
    private readonly now: () => number = Date.now,
  ) {}

  start(): void {
    this.stopped = false;
    this.page.addEventListener("visibilitychange", this.seen);
    this.seen();
  }

  stop(): void {
    this.stopped = true;
    this.page.removeEventListener("visibilitychange", this.seen);
    this.rest();
    this.running?.abort();
    this.running = null;
  }

  // Asks now; an answer that is under way would be older than the question, so it is dropped.
  refresh(): void {
    if (this.stopped) return;
    this.running?.abort();
    this.running = null;
    this.rest();
    void this.once();
  }

  private readonly seen = (): void => {
    if (this.page.hidden) this.rest();
    else if (this.running === null) {
      this.rest();
      void this.once();
    }
  };

  private async once(): Promise<void> {
    const run = new AbortController();
    this.running = run;
    const began = this.now();
    await this.ask(run.signal);
    if (this.running !== run) return;
    this.running = null;
    if (this.stopped || this.page.hidden) return;
    // A large fleet on a slow link must not be read without a pause.
    const pause = Math.max(this.intervalMs, (this.now() - began) * 3);
    this.timer = setTimeout(() => void this.once(), pause);
  }

  private rest(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
