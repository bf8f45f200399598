// Which devices are shown, and in what order: the troubled first, as an operator asks for them. The filters mean what those of
// GET /devices mean.

import type { State, Summary } from "../types";

export const urgency: Record<State, number> = {
  rejected: 0, // waits for a person
  locked: 1,
  backoff: 2,
  degraded: 3,
  connecting: 4,
  waiting: 5,
  online: 6,
  disabled: 7,
};

export const sortKeys = ["name", "address", "model", "state", "since"] as const;
export type SortKey = (typeof sortKeys)[number];
export interface Sort {
  key: SortKey;
  descending: boolean;
}

export const troubledFirst: Sort = { key: "state", descending: false };

export interface Filter {
  states: readonly State[]; // none: all
  tags: readonly string[];
  driver: string;
  reason: string;
  q: string;
  // Whether an alarm of theirs could reach us; "": either.
  blind: "" | "true" | "false";
}
export const noFilter: Filter = { states: [], tags: [], driver: "", reason: "", q: "", blind: "" };

export function isFiltered(filter: Filter): boolean {
  return filter.states.length + filter.tags.length > 0 || filter.driver + filter.reason + filter.blind + filter.q.trim() !== "";
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const nameOf = (device: Summary) => (device.name || device.id).slice(0, 256);

// The ids in the order of names. Comparing names as people do is slow, so it is done once for a list and not for each change
// of a state.
export function orderByName(devices: Iterable<Summary>): string[] {
  return [...devices]
    .map((device) => ({ id: device.id, name: nameOf(device) }))
    .sort((a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}

// 10.0.0.9 before 10.0.0.10; names after numbers.
export function addressKey(address: string): string {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  return parts === null ? `~${address}` : parts.slice(1).map((part) => part.padStart(3, "0")).join(".");
}

// The /24 of an IPv4 address, the /64 of an IPv6 one; "" for a name.
export function subnetOf(address: string): string {
  const four = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(address);
  if (four !== null) return `${four[1]}.0/24`;
  if (!address.includes(":")) return "";
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const end = tail === "" ? [] : tail.split(":");
    while (groups.length + end.length < 8) groups.push("0");
  }
  while (groups.length < 4) groups.push("0");
  return `${groups.slice(0, 4).join(":")}::/64`;
}

// `blind` has the ids of those that are; null: nobody knows, and nothing is left out for it.
export function matches(device: Summary, filter: Filter, blind: { has(id: string): boolean } | null = null): boolean {
  if (filter.blind !== "" && blind !== null && blind.has(device.id) !== (filter.blind === "true")) return false;
  if (filter.states.length > 0 && !filter.states.includes(device.state)) return false;
  if (filter.tags.length > 0 && !(device.tags ?? []).some((tag) => filter.tags.includes(tag))) return false;
  if (filter.driver !== "" && !device.drivers.includes(filter.driver)) return false;
  if (filter.reason !== "" && device.reason !== filter.reason) return false;
  const q = filter.q.trim().toLowerCase();
  if (q === "") return true;
  const { facts } = device;
  const fields = [device.id, device.name, device.address, device.url ?? "", facts?.model ?? "", facts?.serial ?? "", ...(device.tags ?? [])];
  return fields.some((field) => field.toLowerCase().includes(q));
}

// `devices` come in the order of names, and equal ones stay in it.
export function select(devices: readonly Summary[], filter: Filter, sort: Sort, blind: { has(id: string): boolean } | null = null): Summary[] {
  const chosen = isFiltered(filter) ? devices.filter((device) => matches(device, filter, blind)) : [...devices];
  if (sort.key === "state") return byUrgency(chosen, sort.descending);
  if (sort.key === "name") return sort.descending ? chosen.reverse() : chosen;
  const key = keys[sort.key];
  const sign = sort.descending ? -1 : 1;
  return chosen
    .map((device) => ({ device, key: key(device) }))
    .sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0))
    .map(({ device }) => device);
}

const keys: Record<Exclude<SortKey, "state" | "name">, (device: Summary) => string> = {
  address: (device) => addressKey(device.address),
  model: (device) => device.facts?.model ?? "",
  since: (device) => device.since, // RFC 3339 in UTC with a fixed number of digits sorts as text
};

// With every move of a device the whole fleet is put in order anew: eight buckets do it without comparing.
export function byUrgency(devices: readonly Summary[], descending = false): Summary[] {
  const buckets: Summary[][] = Object.keys(urgency).map(() => []);
  for (const device of devices) buckets[urgency[device.state]]?.push(device);
  return (descending ? buckets.reverse() : buckets).flat();
}

export const groupings = ["none", "state", "tag", "subnet"] as const;
export type Grouping = (typeof groupings)[number];
export interface Group {
  key: string;
  devices: Summary[];
  // How many are not as they should be.
  troubled: number;
}

// A device with several tags is in the group of its first one: the map shows each device once.
export function group(devices: readonly Summary[], by: Grouping): Group[] {
  const whole = (key: string, list: Summary[]): Group => ({
    key,
    devices: list,
    troubled: list.reduce((sum, each) => sum + (each.state === "online" || each.state === "disabled" ? 0 : 1), 0),
  });
  if (by === "none") return [whole("", [...devices])];
  const keyOf = (device: Summary) =>
    by === "state" ? device.state : by === "tag" ? (device.tags?.[0] ?? "") : subnetOf(device.address);
  const groups = new Map<string, Summary[]>();
  for (const device of devices) {
    const key = keyOf(device);
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [device]);
    else list.push(device);
  }
  const order =
    by === "state"
      ? (a: string, b: string) => urgency[a as State] - urgency[b as State]
      : (a: string, b: string) => Number(a === "") - Number(b === "") || collator.compare(a, b);
  return [...groups].sort(([a], [b]) => order(a, b)).map(([key, list]) => whole(key, list));
}
