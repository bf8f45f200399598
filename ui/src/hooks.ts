// Small bridges between the browser and React.

import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore, type RefObject } from "react";
import { Poller } from "./poller";

export interface Polled<T> {
  data: T | null;
  // Of the latest question; data stays what it was.
  error: unknown;
  refresh(): void;
}

// What was read last, by name: a page that is opened again shows it while it asks anew.
const lastAnswers = new Map<string, unknown>();

export function forgetAnswers(): void {
  lastAnswers.clear();
}

// Polls while the component is there. `name` identifies the question; another one starts over.
export function usePolled<T>(name: string, ask: (signal: AbortSignal) => Promise<T>, intervalMs: number): Polled<T> {
  const [answer, setAnswer] = useState<{ name: string; data: T | null; error: unknown }>(() => ({
    name,
    data: (lastAnswers.get(name) as T | undefined) ?? null,
    error: null,
  }));
  const latest = useRef(ask);
  const poller = useRef<Poller | null>(null);
  useLayoutEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    const own = new Poller(
      async (signal) => {
        try {
          const data = await latest.current(signal);
          if (signal.aborted) return;
          lastAnswers.set(name, data);
          setAnswer({ name, data, error: null });
        } catch (error) {
          if (!signal.aborted) setAnswer((old) => ({ name, data: old.name === name ? old.data : null, error }));
        }
      },
      intervalMs,
      document,
    );
    poller.current = own;
    own.start();
    return () => own.stop();
  }, [name, intervalMs]);
  const own = answer.name === name;
  return {
    data: own ? answer.data : ((lastAnswers.get(name) as T | undefined) ?? null),
    error: own ? answer.error : null,
    refresh: () => poller.current?.refresh(),
  };
}

const tickers = new Set<() => void>();
let tickTimer: ReturnType<typeof setInterval> | null = null;
let tickValue = 0;

function subscribeTick(changed: () => void): () => void {
  tickers.add(changed);
  tickTimer ??= setInterval(() => {
    ++tickValue;
    for (const each of tickers) each();
  }, 1000);
  return () => {
    tickers.delete(changed);
    if (tickers.size === 0 && tickTimer !== null) {
      clearInterval(tickTimer);
      tickTimer = null;
    }
  };
}

// Renders once a second: for countdowns and relative times. One timer for all.
export function useTick(): void {
  useSyncExternalStore(subscribeTick, () => tickValue);
}

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", changed);
      return () => media.removeEventListener("change", changed);
    },
    () => window.matchMedia(query).matches,
  );
}

// Which rows of a long list of equal heights are near the screen, when the page itself scrolls.
export function useWindowed(
  list: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): { first: number; end: number } {
  const [range, setRange] = useState({ first: 0, end: Math.min(count, 40) });
  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const top = list.current?.getBoundingClientRect().top ?? 0;
      const spare = 12;
      const first = Math.max(0, Math.floor(-top / rowHeight) - spare);
      const end = Math.min(count, Math.ceil((window.innerHeight - top) / rowHeight) + spare);
      setRange((old) => (old.first === first && old.end === end ? old : { first, end: Math.max(first, end) }));
    };
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    window.addEventListener("scroll", later, { passive: true });
    window.addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("scroll", later);
      window.removeEventListener("resize", later);
    };
  }, [list, count, rowHeight]);
  return { first: Math.min(range.first, count), end: Math.min(range.end, count) };
}

// The inner size of an element, as it changes.
export function useSize(element: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const own = element.current;
    if (own === null) return;
    const measure = () =>
      setSize((old) =>
        old.width === own.clientWidth && old.height === own.clientHeight ? old : { width: own.clientWidth, height: own.clientHeight },
      );
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(own);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

// Light or dark as it is drawn now: for what is not drawn by style sheets.
export function useThemeName(): string {
  return useSyncExternalStore(
    (changed) => {
      const observer = new MutationObserver(changed);
      observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      return () => observer.disconnect();
    },
    () => document.documentElement.dataset["theme"] ?? "light",
  );
}

// Whether an element is near the part of the page that is seen.
export function useInSight(element: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(true);
  useEffect(() => {
    const own = element.current;
    if (own === null) return;
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? true), { rootMargin: "80px" });
    observer.observe(own);
    return () => observer.disconnect();
  }, [element]);
  return seen;
}

// A value that others follow only when it has rested for a while: what is typed into a search.
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

// Keys that count while nobody types and no dialog is open.
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(keys);
  useLayoutEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
      const target = event.target as HTMLElement | null;
      if (target?.closest("input, textarea, select, [contenteditable], dialog") != null) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const action = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (action === undefined) return;
      event.preventDefault();
      action(event);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title.slice(0, 120)} – camfleet`;
  }, [title]);
}
