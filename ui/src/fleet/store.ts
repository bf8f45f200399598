// The fleet as this tab knows it: read once, then kept true by the event stream; read again after a reset, and every quarter of
// a minute while there is no stream. Knows nothing of React.

import type { Listing } from "../api";
import type { EventHub, HubEvent } from "../live/event_hub";
import { states, type State, type Summary } from "../types";
import { orderByName } from "./order";

export interface FleetSource {
  summaries(signal: AbortSignal, progress: (read: number, total: number) => void): Promise<Listing>;
  summariesOf(ids: readonly string[], signal: AbortSignal): Promise<Summary[]>;
}

export interface FleetView {
  // In the order of names; null until the list was read for the first time.
  devices: readonly Summary[] | null;
  // Counts up where more changed than states: names, tags, who is there.
  edition: number;
  counts: Record<State, number>;
  // Of the latest reading; devices stay what they were.
  error: unknown;
  progress: { read: number; total: number };
  // When it was last known to be true, in our milliseconds.
  asOf: number;
}

const gatherMs = 250; // many moves are one change of the page
const pollMs = 15_000;
const patienceMs = 1_500; // for the first opening of the stream
const downMs = 2_000; // after the stream broke
const idsAtOnce = 50; // in one address
const manyChanged = 500; // then the whole list is cheaper
const restMs = 5_000; // between two readings of it for that reason

export class FleetStore {
  view: FleetView = { devices: null, edition: 0, counts: noCounts(), error: null, progress: { read: 0, total: 0 }, asOf: 0 };
  // What the gateway calls the reasons, as its events say it.
  readonly texts = new Map<string, string>();
  private devices = new Map<string, Summary>();
  private order: string[] = [];
  private edition = 0;
  private namesChanged = true;
  private readonly watchers = new Set<() => void>();
  private readonly stale = new Set<string>();
  // For each answer under way, the devices of which something was heard since it was asked for: it may be older than that.
  private readonly overtaken = new Set<Set<string>>();
  private users = 0;
  private readAt = 0;
  private reading: AbortController | null = null;
  private meanwhile: HubEvent[] | null = null;
  private gathering: ReturnType<typeof setTimeout> | null = null;
  private polling: ReturnType<typeof setTimeout> | null = null;
  private forget: (() => void)[] = [];

  constructor(
    private readonly source: FleetSource,
    private readonly hub: EventHub,
    private readonly now: () => number = Date.now,
  ) {}

  // As long as somebody looks, it is kept true. The returned function ends that for this one.
  use(changed: () => void): () => void {
    this.watchers.add(changed);
    if (++this.users === 1) this.begin();
    return () => {
      this.watchers.delete(changed);
      if (--this.users === 0) this.end();
    };
  }

  // Reads the list anew.
  reload(): void {
    if (this.users > 0) void this.read();
  }

  private begin(): void {
    let state = this.hub.state;
    this.forget = [
      this.hub.listen((event) => this.heard(event)),
      this.hub.watch(() => {
        // What happened before a stream's first opening is known to nobody, so the list is read after it.
        if (this.hub.state === "open" && state === "connecting") this.reload();
        // Without a stream the list tells how things are, and whether the gateway is there at all.
        if (this.hub.state === "down" && this.reading === null) this.pollLater(downMs);
        state = this.hub.state;
      }),
    ];
    if (this.hub.state === "connecting") this.polling = setTimeout(() => void this.read(), patienceMs);
    else void this.read();
  }

  private end(): void {
    for (const each of this.forget) each();
    this.forget = [];
    this.reading?.abort();
    this.reading = null;
    this.meanwhile = null;
    if (this.gathering !== null) clearTimeout(this.gathering);
    if (this.polling !== null) clearTimeout(this.polling);
    this.gathering = this.polling = null;
    this.stale.clear();
  }

  private async read(): Promise<void> {
    this.reading?.abort();
    const run = new AbortController();
    this.reading = run;
    this.meanwhile = [];
    if (this.polling !== null) clearTimeout(this.polling);
    try {
      const { items, cursor } = await this.source.summaries(run.signal, (read, total) => {
        if (this.reading === run && this.view.devices === null) this.show({ progress: { read, total } });
      });
      if (this.reading !== run) return;
      this.hub.seed(cursor);
      this.devices = new Map(items.map((each) => [each.id, each]));
      this.namesChanged = true;
      this.stale.clear();
      this.readAt = this.now();
      const events = this.meanwhile ?? [];
      this.meanwhile = null;
      for (const event of events) this.apply(event);
      this.publish(null);
    } catch (error) {
      if (this.reading !== run) return;
      this.meanwhile = null;
      this.show({ error });
    }
    this.reading = null;
    this.pollLater();
  }

  // With a stream the list is read again only now and then, as a net below the net.
  private pollLater(ms = pollMs): void {
    if (this.polling !== null) clearTimeout(this.polling);
    this.polling = setTimeout(
      () => {
        if (this.hub.state === "open" && this.view.error === null) this.pollLater();
        else void this.read();
      },
      ms + Math.random() * 2_000,
    );
  }

  private heard(event: HubEvent): void {
    if (event.kind === "reset") return this.reload();
    if (this.meanwhile !== null) this.meanwhile.push(event);
    else this.apply(event);
  }

  private apply(event: HubEvent): void {
    const id = event.device;
    if (id === undefined) return;
    for (const each of this.overtaken) each.add(id);
    if (event.kind === "move") {
      if (event.reason !== undefined && event.text !== undefined && event.text !== "") this.texts.set(event.reason, event.text);
      const old = this.devices.get(id);
      if (old === undefined || event.to === undefined) {
        this.stale.add(id);
        return this.later();
      }
      this.devices.set(id, {
        ...old,
        state: event.to,
        reason: event.reason ?? old.reason,
        detail: event.detail ?? "",
        since: event.at ?? old.since,
      });
      // A login tells what the device is; before it nobody knew.
      if (event.to === "online" && old.facts == null) this.stale.add(id);
    } else if (event.kind === "removed") {
      this.stale.delete(id);
      if (this.devices.delete(id)) this.namesChanged = true;
    } else if (event.kind === "added" || event.kind === "changed") {
      this.stale.add(id);
    } else {
      return;
    }
    this.later();
  }

  private later(ms = gatherMs): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = null;
      this.publish(this.view.error);
      if (this.stale.size === 0) return;
      if (this.stale.size <= manyChanged) void this.readStale();
      else if (this.now() - this.readAt > restMs) this.reload();
      else this.later(restMs / 5); // a fleet that comes online all at once must not be read without a pause
    }, ms);
  }

  private async readStale(): Promise<void> {
    const ids = [...this.stale].slice(0, idsAtOnce);
    for (const id of ids) this.stale.delete(id);
    const run = new AbortController();
    const stop = this.forget;
    const heard = new Set<string>();
    this.overtaken.add(heard);
    try {
      for (const each of await this.source.summariesOf(ids, run.signal)) {
        if (!heard.has(each.id)) this.devices.set(each.id, each);
        else if (this.devices.has(each.id)) this.stale.add(each.id); // else it was removed meanwhile
      }
      if (stop !== this.forget) return; // nobody looks any more
      this.namesChanged = true;
      this.publish(null);
    } catch {
      if (stop !== this.forget) return;
      for (const id of ids) this.stale.add(id); // with the next event or reading
      return;
    } finally {
      this.overtaken.delete(heard);
    }
    if (this.stale.size > 0) this.later();
  }

  private publish(error: unknown): void {
    if (this.namesChanged) {
      this.order = orderByName(this.devices.values());
      this.namesChanged = false;
      ++this.edition;
    }
    const devices = this.order.flatMap((id) => this.devices.get(id) ?? []);
    const counts = noCounts();
    for (const each of devices) ++counts[each.state];
    this.show({ devices, edition: this.edition, counts, error, asOf: this.now() });
  }

  private show(change: Partial<FleetView>): void {
    this.view = { ...this.view, ...change };
    for (const each of [...this.watchers]) each();
  }
}

function noCounts(): Record<State, number> {
  return Object.fromEntries(states.map((state) => [state, 0])) as Record<State, number>;
}
