// Routes live in the fragment, so the gateway serves one page: #/ and #/devices/ID[/CHANNEL[/PROFILE]].

import { useSyncExternalStore } from "react";
import type { Profile } from "./types";

export type Route =
  | { page: "fleet" }
  | { page: "device"; id: string; channel: number; profile: Profile }
  | { page: "unknown" };

export function parseRoute(hash: string): Route {
  const parts = hash.replace(/^#\/?/, "").split("/").filter(Boolean);
  if (parts.length === 0) return { page: "fleet" };
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

export function deviceHref(id: string, channel = 1, profile: Profile = "main"): string {
  const base = `#/devices/${encodeURIComponent(id)}`;
  return channel === 1 && profile === "main" ? base : `${base}/${channel}/${profile}`;
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
