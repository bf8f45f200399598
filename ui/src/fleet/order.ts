// Which devices are shown, and in what order: the troubled first, as an operator asks for them.

import type { Device, State } from "../types";

const urgency: Record<State, number> = {
  rejected: 0, // waits for a person
  locked: 1,
  backoff: 2,
  degraded: 3,
  connecting: 4,
  waiting: 5,
  online: 6,
  disabled: 7,
};

export const sortKeys = ["device", "address", "model", "channels", "state", "since", "heard"] as const;
export type SortKey = (typeof sortKeys)[number];
export interface Sort {
  key: SortKey;
  descending: boolean;
}

export const troubledFirst: Sort = { key: "state", descending: false };

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

type Compare = (a: Device, b: Device) => number;
const byName: Compare = (a, b) => collator.compare(a.name || a.id, b.name || b.id);
const byText = (text: (device: Device) => string): Compare => (a, b) => collator.compare(text(a), text(b));
// RFC 3339 in UTC with a fixed number of digits sorts as text.
const byTime = (time: (device: Device) => string | null | undefined): Compare => (a, b) => {
  const left = time(a) ?? "";
  const right = time(b) ?? "";
  return left < right ? -1 : left > right ? 1 : 0;
};

const compares: Record<SortKey, Compare> = {
  device: byName,
  address: byText((device) => device.address),
  model: byText((device) => device.facts?.model ?? ""),
  channels: (a, b) => a.channels.length - b.channels.length,
  state: (a, b) => urgency[a.state] - urgency[b.state],
  since: byTime((device) => device.since),
  heard: byTime((device) => device.last_heard),
};

export function matches(device: Device, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = [device.name, device.id, device.address, ...(device.tags ?? [])].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

export function select(
  devices: readonly Device[],
  state: State | null,
  search: string,
  sort: Sort,
): Device[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = devices.filter((device) => (state === null || device.state === state) && matches(device, words));
  const compare = compares[sort.key];
  const sign = sort.descending ? -1 : 1;
  return chosen.sort((a, b) => sign * compare(a, b) || byName(a, b) || (a.id < b.id ? -1 : 1));
}
