// The alarms that this tab has heard, newest first. They are told as they come; what came before is not here.

import type { HubEvent } from "../live/event_hub";
import type { Alarm } from "../types";

export const kept = 500;
const gatherMs = 200; // a burst is one change of the page

export class AlarmLog {
  all: readonly Alarm[] = [];
  private fresh: Alarm[] = [];
  private readonly seen = new Set<string>();
  private readonly watchers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  heard(event: HubEvent): void {
    if (event.kind !== "alarm") return;
    const alarm = toAlarm(event);
    // After a reconnect with a cursor the same one may come twice.
    if (alarm === null || (alarm.id !== "" && this.seen.has(alarm.id))) return;
    if (this.seen.size > 4 * kept) this.seen.clear();
    this.seen.add(alarm.id);
    this.fresh.push(alarm);
    if (this.fresh.length > kept) this.fresh.shift();
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.all = [...this.fresh.reverse(), ...this.all].slice(0, kept);
      this.fresh = [];
      for (const each of [...this.watchers]) each();
    }, gatherMs);
  }
}

// Fields come from a camera by way of the gateway: whatever is missing or of another kind stays out.
function toAlarm(event: HubEvent): Alarm | null {
  const { device } = event;
  if (typeof device !== "string") return null;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const raw = event as unknown as Record<string, unknown>;
  return {
    id: text(event.id),
    device,
    channel: Number(raw["channel"]) || 0,
    type: text(raw["type"]),
    type_text: text(raw["type_text"]),
    phase: text(raw["phase"]),
    device_time: text(raw["device_time"]) || null,
    received: text(raw["received"]) || text(raw["at"]),
    description: text(raw["description"]),
    count: Number(raw["count"]) || 1,
    left_out: Number(raw["left_out"]) || 0,
  };
}
