// Routes live in the fragment, so the gateway serves one page: #/ and #/devices/ID[/CHANNEL[/PROFILE]], #/wall, ... What a page
// shows is in the query behind it.

import { useSyncExternalStore } from "react";
import type { Profile } from "./types";

export const pages = ["fleet", "wall", "events", "blind", "account", "sinks", "discovered", "import", "tokens"] as const;
export type PageName = (typeof pages)[number];

export type Route =
  | { page: PageName; query: URLSearchParams }
  | { page: "device"; id: string; channel: number; profile: Profile }
  | { page: "unknown" };

export function parseRoute(hash: string): Route {
  const [path = "", ...rest] = hash.replace(/^#\/?/, "").split("?");
  const query = new URLSearchParams(rest.join("?"));
  const parts = path.split("/").filter(Boolean);
  if (parts.length === 0) return { page: "fleet", query };
  if (parts[0] === "alarms" && parts.length === 1) return { page: "events", query }; // what the page was called before
  const named = pages.find((each) => each !== "fleet" && each === parts[0]);
  if (named !== undefined && parts.length === 1) return { page: named, query };
  if (parts[0] !== "devices" || parts[1] === undefined || parts.length > 4) return { page: "unknown" };
  const channel = Number(parts[2] ?? "1");
  const profile = parts[3] ?? "main";
  if (!Number.isInteger(channel) || channel < 1) return { page: "unknown" };
  if (profile !== "main" && profile !== "sub" && profile !== "third") return { page: "unknown" };
  try {
    return { page: "device", id: decodeURIComponent(parts[1]), channel, profile };
  } catch {
    return { page: "unknown" };
  }
}

export function pageHref(page: PageName, query?: URLSearchParams): string {
  const text = query?.toString() ?? "";
  return `#/${page === "fleet" ? "" : page}${text === "" ? "" : `?${text}`}`;
}

export function deviceHref(id: string, channel = 1, profile: Profile = "main"): string {
  const base = `#/devices/${encodeURIComponent(id)}`;
  return channel === 1 && profile === "main" ? base : `${base}/${channel}/${profile}`;
}

// Another view of the same page: the address follows, and the way back does not lead through each letter of a search.
export function replaceHash(hash: string): void {
  if (hash === window.location.hash || (hash === "#/" && window.location.hash === "")) return;
  window.history.replaceState(null, "", hash);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
