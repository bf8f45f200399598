// A picture each second in place of video, for as long as the component is there and the page is seen.

import { useEffect, useRef, useState } from "react";
import { useApi } from "../gateway";
import { Backoff } from "./backoff";

export interface Pictures {
  url: string | null;
  ageMs: number | null;
  error: unknown;
}

const everyMs = 1_000;

export function usePictures(stream: string, width: number, on: boolean): Pictures {
  const api = useApi();
  const [shown, setShown] = useState<Pictures>({ url: null, ageMs: null, error: null });
  const current = useRef<string | null>(null);
  useEffect(() => {
    if (!on) return;
    const stop = new AbortController();
    const backoff = new Backoff(Math.random, everyMs, 15_000);
    let timer: ReturnType<typeof setTimeout> | null = null;
    const later = (ms: number) => (timer = setTimeout(() => void once(), ms));
    const once = async () => {
      if (document.hidden) return void later(everyMs);
      const began = performance.now();
      try {
        const { blob, ageMs } = await api.picture(stream, width, stop.signal);
        if (stop.signal.aborted) return;
        const url = URL.createObjectURL(blob);
        const old = current.current;
        current.current = url;
        setShown({ url, ageMs, error: null });
        // The old picture is on the screen until the new one is decoded.
        if (old !== null) setTimeout(() => URL.revokeObjectURL(old), 3_000);
        backoff.reset();
        later(Math.max(100, everyMs - (performance.now() - began)));
      } catch (error) {
        if (stop.signal.aborted) return;
        setShown((old) => ({ ...old, error }));
        later(backoff.next());
      }
    };
    void once();
    return () => {
      stop.abort();
      if (timer !== null) clearTimeout(timer);
      if (current.current !== null) URL.revokeObjectURL(current.current);
      current.current = null;
      setShown({ url: null, ageMs: null, error: null });
    };
  }, [api, stream, width, on]);
  return shown;
}
