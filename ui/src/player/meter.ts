// Frames and bytes of the last seconds, as rates.

interface Sample {
  at: number;
  frames: number;
  bytes: number;
}

const windowMs = 3_000;

export class Meter {
  private samples: Sample[] = [];
  private bytes = 0;

  addBytes(count: number): void {
    this.bytes += count;
  }

  // `frames` counts from the start of the video and starts over with a new one.
  rates(now: number, frames: number): { fps: number; kbps: number } {
    const previous = this.samples.at(-1);
    if (previous !== undefined && frames < previous.frames) this.samples = [];
    this.samples.push({ at: now, frames, bytes: this.bytes });
    while (this.samples.length > 2 && now - (this.samples[0]?.at ?? now) > windowMs) this.samples.shift();
    const first = this.samples[0];
    if (first === undefined || now <= first.at) return { fps: 0, kbps: 0 };
    const seconds = (now - first.at) / 1000;
    return { fps: (frames - first.frames) / seconds, kbps: ((this.bytes - first.bytes) * 8) / 1000 / seconds };
  }

  reset(): void {
    this.samples = [];
    this.bytes = 0;
  }
}
