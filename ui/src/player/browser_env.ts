// The player's Env in a real browser.

import type { Api } from "../api";
import type { Env } from "./mse_player";
import type { MediaSourceLike } from "./sink";

// Seconds in which the WebSocket must be opened with the token; each attempt asks for one of its own.
const tokenTtlS = 60;

// iPhones have ManagedMediaSource only.
function mediaSourceClass(): typeof MediaSource | null {
  const scope = window as unknown as { ManagedMediaSource?: typeof MediaSource; MediaSource?: typeof MediaSource };
  return scope.MediaSource ?? scope.ManagedMediaSource ?? null;
}

export function hasMediaSource(): boolean {
  return mediaSourceClass() !== null;
}

export function browserEnv(
  api: Api,
  device: string,
  channel: number,
  profile: string,
  keepPicture: () => void,
): Env {
  return {
    async address() {
      const { token } = await api.liveToken(`${device}/${channel}/${profile}`, tokenTtlS);
      // Always to where this page came from: it may be behind a proxy, and the policy allows nothing else.
      const url = new URL(`/live/${encodeURIComponent(device)}/${channel}/${profile}/ws`, window.location.href);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      url.searchParams.set("token", token);
      return url.href;
    },
    socket: (url) => new WebSocket(url) as unknown as ReturnType<Env["socket"]>,
    mediaSource() {
      const Class = mediaSourceClass();
      if (Class === null) throw new Error("no MediaSource");
      const source = new Class();
      const url = URL.createObjectURL(source);
      return { source: source as unknown as MediaSourceLike, url, release: () => URL.revokeObjectURL(url) };
    },
    supported: (mime) => mediaSourceClass()?.isTypeSupported(mime) ?? false,
    now: () => performance.now(),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    keepPicture,
  };
}
