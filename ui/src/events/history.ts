// The entries of the ledger that one page looks at, newest first: pages of older ones as the reader comes to them, and newer ones
// as they are committed. The ledger is the truth and the event stream its bell: what is new is read from the top down to what is
// here already, so there is no hole and nothing twice. Knows nothing of React.

import type { LedgerEntry, Page } from "../types";

export interface HistorySource {
  events(query: URLSearchParams, signal: AbortSignal): Promise<Page<LedgerEntry>>;
}

export interface HistoryView {
  // Newest first; null until the first page was read.
  rows: readonly LedgerEntry[] | null;
  // Newer ones that wait until the reader wants them, for nobody can read what moves.
  waiting: number;
  // More of them than are kept: to show them is to begin anew.
  overflown: boolean;
  // There are no older ones.
  complete: boolean;
  // As many as this page keeps: a narrower filter shows what is older.
  full: boolean;
  error: unknown;
}

export interface HistoryOptions {
  pageSize: number;
  // Of older rows no more than these are kept.
  most: number;
  // Newer ones are looked for over so many pages; where that does not reach what is here, everything begins anew.
  catchUpPages: number;
  // Between two looks.
  restMs: number;
}
export const usualOptions: HistoryOptions = { pageSize: 200, most: 100_000, catchUpPages: 5, restMs: 500 };

const fewAtFirst = 50;

export class EventHistory {
  view: HistoryView = { rows: null, waiting: 0, overflown: false, complete: false, full: false, error: null };
  private fresh: LedgerEntry[] = [];
  private readonly seen = new Set<string>();
  private next: string | null = null;
  private readonly watchers = new Set<() => void>();
  private run: AbortController | null = null;
  private reading = false;
  private looking = false;
  private rung = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private held = false;

  constructor(
    private readonly source: HistorySource,
    private readonly query: URLSearchParams,
    private readonly options: HistoryOptions = usualOptions,
  ) {}

  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  start(): void {
    if (this.run !== null) return;
    this.run = new AbortController();
    if (this.view.rows === null) void this.more();
    else this.ring();
  }

  stop(): void {
    this.run?.abort();
    this.run = null;
    this.reading = this.looking = this.rung = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  // The next older page, or the first one. While one is read another call does nothing.
  async more(): Promise<void> {
    const run = this.run;
    const { rows, complete, full } = this.view;
    if (run === null || this.reading || complete || full) return;
    this.reading = true;
    try {
      const page = await this.page(this.next, run.signal);
      if (this.run !== run) return;
      const older = page.items.filter((each) => this.note(each));
      const all = rows === null ? older : [...(this.view.rows ?? []), ...older];
      const stuck = page.next !== null && page.next === this.next; // a cursor that stands still would never end
      this.next = page.next;
      this.show({ rows: all, complete: page.next === null || stuck, full: all.length >= this.options.most, error: null });
    } catch (error) {
      if (this.run === run) this.show({ error });
    } finally {
      if (this.run === run) this.reading = false;
    }
    if (this.run === run && this.rung) this.ring();
  }

  // Something was committed, or may have been: looks for it soon.
  ring(): void {
    this.rung = true;
    if (this.run === null || this.looking || this.timer !== null || this.view.rows === null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.look();
    }, this.options.restMs);
  }

  // Whether the reader is somewhere below the top: what is new waits then.
  hold(held: boolean): void {
    this.held = held;
    if (!held && (this.view.waiting > 0 || this.view.overflown)) this.reveal();
  }

  // Puts what waits on top.
  reveal(): void {
    if (this.view.overflown) return this.restart();
    const rows = [...this.fresh, ...(this.view.rows ?? [])];
    this.fresh = [];
    // A page that is open for weeks lets the oldest go.
    for (const each of rows.splice(this.options.most)) this.seen.delete(each.id);
    this.show({ rows, waiting: 0, full: this.view.full || rows.length === this.options.most });
  }

  private restart(): void {
    this.fresh = [];
    this.seen.clear();
    this.next = null;
    this.reading = false;
    this.run?.abort();
    this.run = new AbortController();
    this.looking = this.rung = false;
    this.show({ rows: null, waiting: 0, overflown: false, complete: false, full: false });
    void this.more();
  }

  private async look(): Promise<void> {
    const run = this.run;
    if (run === null || this.view.overflown) return;
    this.looking = true;
    this.rung = false;
    const newest = this.fresh[0]?.seq ?? this.view.rows?.[0]?.seq ?? 0;
    const found: LedgerEntry[] = [];
    let cursor: string | null = null;
    let joined = false;
    try {
      for (let pages = 0; pages < this.options.catchUpPages && !joined; ++pages) {
        // Mostly there are few.
        const limit = pages === 0 ? Math.min(fewAtFirst, this.options.pageSize) : this.options.pageSize;
        const page: Page<LedgerEntry> = await this.page(cursor, run.signal, limit);
        if (this.run !== run) return;
        found.push(...page.items.filter((each) => each.seq > newest));
        joined = page.next === null || page.next === cursor || page.items.some((each) => each.seq <= newest);
        cursor = page.next;
      }
      this.take(found, joined);
    } catch (error) {
      if (this.run === run) this.show({ error });
    } finally {
      if (this.run === run) this.looking = false;
    }
    if (this.run === run && this.rung) this.ring();
  }

  private take(found: readonly LedgerEntry[], joined: boolean): void {
    if (!joined) {
      if (this.held) this.show({ overflown: true, error: null });
      else this.restart();
      return;
    }
    const fresh = found.filter((each) => this.note(each));
    if (fresh.length === 0) {
      if (this.view.error !== null) this.show({ error: null });
      return;
    }
    this.fresh = [...fresh, ...this.fresh];
    const overflown = this.fresh.length > this.options.pageSize * this.options.catchUpPages;
    this.show({ waiting: this.fresh.length, overflown, error: null });
    if (!this.held) this.reveal();
  }

  // False where it is here already.
  private note(entry: LedgerEntry): boolean {
    if (this.seen.has(entry.id)) return false;
    this.seen.add(entry.id);
    return true;
  }

  private page(cursor: string | null, signal: AbortSignal, limit = this.options.pageSize): Promise<Page<LedgerEntry>> {
    const query = new URLSearchParams(this.query);
    query.set("limit", String(limit));
    if (cursor !== null) query.set("cursor", cursor);
    return this.source.events(query, signal);
  }

  private show(change: Partial<HistoryView>): void {
    this.view = { ...this.view, ...change };
    for (const each of [...this.watchers]) each();
  }
}
