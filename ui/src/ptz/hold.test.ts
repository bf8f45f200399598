import { expect, it, vi } from "vitest";
import type { PtzMove } from "../types";
import { Hold, stopAfterMs } from "./hold";

function make() {
  const sent: PtzMove[] = [];
  const answers: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const timers: (() => void)[] = [];
  const failed = vi.fn();
  const hold = new Hold(
    (move) => (sent.push(move), new Promise<void>((resolve, reject) => answers.push({ resolve, reject }))),
    failed,
    (_ms, run) => (timers.push(run), () => void timers.splice(timers.indexOf(run), 1)),
  );
  const answer = async (error?: Error) => {
    const next = answers.shift()!;
    if (error === undefined) next.resolve();
    else next.reject(error);
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { hold, sent, answer, timers, failed };
}
const left = { pan: -50, tilt: 0, zoom: 0 };
const up = { pan: 0, tilt: 50, zoom: 0 };

it("tells the camera again while the key is held, and to stop when it is let go", async () => {
  const { hold, sent, answer, timers } = make();
  hold.move(left);
  expect(sent).toEqual([{ ...left, stop_after_ms: stopAfterMs }]);
  await answer();
  timers.shift()!();
  expect(sent.length).toBe(2);
  await answer();
  hold.stop();
  expect(sent.at(-1)).toEqual({ pan: 0, tilt: 0, zoom: 0 });
  expect(timers.length).toBe(0);
  await answer();
  expect(timers.length).toBe(0);
});

it("has one request under way, and then tells the latest wish", async () => {
  const { hold, sent, answer } = make();
  hold.move(left);
  hold.move(up);
  hold.stop();
  expect(sent.length).toBe(1);
  await answer();
  expect(sent.length).toBe(2);
  expect(sent[1]).toEqual({ pan: 0, tilt: 0, zoom: 0 });
});

it("gives up where the camera refuses, and says so once", async () => {
  const { hold, sent, answer, timers, failed } = make();
  hold.move(left);
  await answer(new Error("device.not_supported"));
  expect(failed).toHaveBeenCalledTimes(1);
  expect(hold.moving).toBe(false);
  expect(timers.length).toBe(0);
  hold.stop();
  expect(sent.length).toBe(1);
});
