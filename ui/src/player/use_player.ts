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

interface Stream {
  device: string;
  channel: number;
  profile: Profile;
  // Whether the device is there: without it nothing is tried, and playing starts when it is back.
  available: boolean;
  // False: nothing is pulled, however it goes; nobody sees it.
  on?: boolean;
}

// Plays a stream in a <video> for as long as the component is there. `still` gets the last picture when the video stops.
export function usePlayer(
  video: RefObject<HTMLVideoElement | null>,
  still: RefObject<HTMLCanvasElement | null>,
  { device, channel, profile, available, on = true }: Stream,
): Live {
  const api = useApi();
  const [status, setStatus] = useState<Status>({ kind: "connecting" });
  const [figures, setFigures] = useState<Figures | null>(null);
  const player = useRef<MsePlayer | null>(null);
  const parked = useRef(true);

  useEffect(() => {
    if (video.current === null) return;
    const own = new MsePlayer(
      video.current as unknown as VideoLike,
      browserEnv(api, device, channel, profile, () => keepStill(video.current, still.current)),
      setStatus,
    );
    player.current = own;
    parked.current = true;
    const timer = setInterval(() => setFigures(own.status.kind === "playing" ? own.figures() : null), figuresMs);
    const forget = restWhileHidden(own);
    return () => {
      forget();
      clearInterval(timer);
      own.dispose();
    };
  }, [api, video, still, device, channel, profile]);

  useEffect(() => {
    const busy = status.kind === "waiting" || status.kind === "connecting";
    if (available && on && parked.current) {
      parked.current = false;
      player.current?.start();
    } else if (!parked.current && (!on || (!available && busy))) {
      parked.current = true;
      player.current?.stop();
    }
  }, [available, on, status.kind, api, device, channel, profile]);

  return {
    status,
    figures,
    start: () => {
      parked.current = false;
      player.current?.start();
    },
    stop: () => player.current?.stop(),
  };
}

function keepStill(video: HTMLVideoElement | null, still: HTMLCanvasElement | null): void {
  if (video === null || still === null || video.videoWidth === 0) return;
  still.width = video.videoWidth;
  still.height = video.videoHeight;
  still.getContext("2d")?.drawImage(video, 0, 0);
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
