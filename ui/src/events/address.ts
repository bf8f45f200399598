// What the page of events shows, as the query of its address: names and meanings are those of GET /events, so that a view can be
// shared and asked for by hand. Besides them there is `e`, the event that is open.

import { eventStates, type EventState } from "../types";

export interface EventFilter {
  device: string;
  channel: string;
  type: string;
  state: EventState | "";
  // RFC 3339, or "" for no bound.
  from: string;
  to: string;
}
export const noEventFilter: EventFilter = { device: "", channel: "", type: "", state: "", from: "", to: "" };

export function isNarrowed(filter: EventFilter): boolean {
  return Object.values(filter).some((value) => value !== "");
}

export function eventQuery(filter: EventFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== "") query.set(name, value as string);
  return query;
}

// Whatever somebody typed: what is not understood is left out.
export function parseEventQuery(query: URLSearchParams): EventFilter {
  const text = (name: string) => (query.get(name) ?? "").slice(0, 128);
  const time = (name: string) => {
    const at = Date.parse(text(name));
    return Number.isNaN(at) ? "" : new Date(at).toISOString();
  };
  return {
    device: text("device"),
    channel: /^\d{1,5}$/.test(text("channel")) ? text("channel") : "",
    type: text("type"),
    state: eventStates.find((each) => each === query.get("state")) ?? "",
    from: time("from"),
    to: time("to"),
  };
}

// Whether something that is told now may belong to what is looked at: only then is it worth a question.
export function mayConcern(filter: EventFilter, told: { device?: string | null | undefined; type?: string | undefined }, now: number): boolean {
  if (filter.to !== "" && Date.parse(filter.to) < now - 60_000) return false;
  if (filter.device !== "" && told.device != null && told.device !== filter.device) return false;
  return filter.type === "" || told.type === undefined || told.type === filter.type;
}

// A time as <input type="datetime-local"> has it, in the reader's own time zone, and back.
export function toLocal(time: string): string {
  const at = new Date(time);
  if (time === "" || Number.isNaN(at.getTime())) return "";
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

export function fromLocal(text: string): string {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
