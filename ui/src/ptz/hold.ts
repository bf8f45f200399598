// Moves a camera for as long as a key or a button is held. The camera is told again and again, and each time to stop by itself
// soon after, so that a lost connection or a closed page never leaves it turning. One request is under way at a time: where the
// way to the camera is slow, it gets the latest wish and not a queue of old ones.

import type { PtzMove } from "../types";

export const renewMs = 400;
export const stopAfterMs = 1_200;

const still: PtzMove = { pan: 0, tilt: 0, zoom: 0 };

export class Hold {
  private wish: PtzMove | null = null;
  private owed = false; // something is to be told
  private busy = false;
  private cancelTimer: (() => void) | null = null;

  constructor(
    private readonly send: (move: PtzMove) => Promise<void>,
    private readonly failed: (error: unknown) => void,
    private readonly after: (ms: number, run: () => void) => () => void = (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  ) {}

  get moving(): boolean {
    return this.wish !== null;
  }

  move(move: PtzMove): void {
    this.wish = move;
    this.owed = true;
    void this.pump();
  }

  // Tells the camera to stop; nothing where it was not moved.
  stop(): void {
    if (this.wish === null) return;
    this.wish = null;
    this.owed = true;
    void this.pump();
  }

  private async pump(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.cancelTimer?.();
    this.cancelTimer = null;
    while (this.owed) {
      this.owed = false;
      const move = this.wish;
      try {
        await this.send(move === null ? still : { ...move, stop_after_ms: stopAfterMs });
      } catch (error) {
        // It stops by itself; asking again and again would only repeat the refusal.
        this.wish = null;
        this.owed = false;
        this.failed(error);
      }
    }
    this.busy = false;
    if (this.wish !== null) {
      this.cancelTimer = this.after(renewMs, () => {
        if (this.wish === null) return;
        this.owed = true;
        void this.pump();
      });
    }
  }
}
