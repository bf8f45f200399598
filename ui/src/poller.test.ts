import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Poller, type Visibility } from "./poller";

class Page implements Visibility {
  hidden = false;
  private listeners = new Set<() => void>();
  addEventListener(_name: string, listener: () => void): void {
    this.listeners.add(listener);
  }
  removeEventListener(_name: string, listener: () => void): void {
    this.listeners.delete(listener);
  }
  show(visible: boolean): void {
    this.hidden = !visible;
    for (const listener of this.listeners) listener();
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("asks at once, and again an interval after each answer", async () => {
  const ask = vi.fn(() => Promise.resolve());
  const poller = new Poller(ask, 2000, new Page());
  poller.start();
  await vi.advanceTimersByTimeAsync(6100);
  expect(ask).toHaveBeenCalledTimes(4);
  poller.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(4);
});

it("never asks twice at once, and gives a slow answer a longer pause", async () => {
  let under = 0;
  const ask = vi.fn(async () => {
    expect(++under).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    --under;
  });
  const poller = new Poller(ask, 2000, new Page());
  poller.start();
  await vi.advanceTimersByTimeAsync(19_900);
  expect(ask).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(ask).toHaveBeenCalledTimes(2);
  poller.stop();
});

it("rests while the page is hidden, and asks when it is seen again", async () => {
  const ask = vi.fn(() => Promise.resolve());
  const page = new Page();
  const poller = new Poller(ask, 2000, page);
  poller.start();
  await vi.advanceTimersByTimeAsync(0);
  page.show(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(1);
  page.show(true);
  expect(ask).toHaveBeenCalledTimes(2);
  poller.stop();
});

it("drops what is under way when asked to refresh", async () => {
  const signals: AbortSignal[] = [];
  const poller = new Poller(
    (signal) => {
      signals.push(signal);
      return new Promise((resolve) => setTimeout(resolve, 1000));
    },
    2000,
    new Page(),
  );
  poller.start();
  poller.refresh();
  expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(1100);
  expect(signals.length).toBe(2);
  poller.stop();
});
