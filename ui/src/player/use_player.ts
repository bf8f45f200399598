import { useEffect, useRef, useState, type RefObject } from "react";
import { useApi } from "../gateway";
import type { Profile } from "../types";
import { browserEnv } from "./browser_env";
import { MsePlayer, type Figures, type Status, type VideoLike } from "./mse_player";

const figuresMs = 500;
// A hidden page gives its stream back after this long; a quick look at another tab does not interrupt.
const hiddenMs = 5_000;

export interface Live {
  status: Status;
  figures: Figures | null;
  start(): void;
  stop(): void;
}

// Plays a stream in a <video> for as long as the component is there.
export function usePlayer(
  video: RefObject<HTMLVideoElement | null>,
  device: string,
  channel: number,
  profile: Profile,
): Live {
  const api = useApi();
  const [status, setStatus] = useState<Status>({ kind: "connecting" });
  const [figures, setFigures] = useState<Figures | null>(null);
  const player = useRef<MsePlayer | null>(null);

  useEffect(() => {
    if (video.current === null) return;
    const own = new MsePlayer(
      video.current as unknown as VideoLike,
      browserEnv(api, device, channel, profile),
      setStatus,
    );
    player.current = own;
    own.start();
    const timer = setInterval(() => setFigures(own.status.kind === "playing" ? own.figures() : null), figuresMs);
    const forget = restWhileHidden(own);
    return () => {
      forget();
      clearInterval(timer);
      own.dispose();
    };
  }, [api, video, device, channel, profile]);

  return {
    status,
    figures,
    start: () => player.current?.start(),
    stop: () => player.current?.stop(),
  };
}

function restWhileHidden(player: MsePlayer): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let resting = false;
  const changed = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (document.hidden) {
      timer = setTimeout(() => {
        resting = player.status.kind !== "stopped" && player.status.kind !== "unsupported";
        if (resting) player.stop();
      }, hiddenMs);
    } else if (resting) {
      resting = false;
      player.start();
    }
  };
  document.addEventListener("visibilitychange", changed);
  return () => {
    if (timer !== null) clearTimeout(timer);
    document.removeEventListener("visibilitychange", changed);
  };
}
