// Where playback should be, decided from numbers alone: close behind the newest picture, with little kept in memory.

export interface Range {
  start: number;
  end: number;
}

export interface Tuning {
  // Seconds behind the newest picture that playback aims for.
  target: number;
  // Further behind than this it jumps.
  jump: number;
  // Seconds of played media that stay. A browser removes up to the next key frame AFTER the end that it is given, or
  // everything where there is none yet: so this must exceed the longest group of pictures that cameras are set to.
  keep: number;
}

export const defaultTuning: Tuning = { target: 0.3, jump: 1.5, keep: 30 };
// Trimming comes in steps of this many seconds, not with each frame.
const trimStep = 10;

export interface Advice {
  // Set the video's time to this.
  seek?: number;
  // Remove this from the buffer.
  trim?: Range;
  // 1, or a little faster to catch up without a visible jump.
  rate: number;
  // Seconds from the picture shown to the newest one.
  behind: number;
}

export function advise(ranges: readonly Range[], currentTime: number, tuning: Tuning): Advice {
  const last = ranges.at(-1);
  const first = ranges[0];
  if (last === undefined || first === undefined) return { rate: 1, behind: 0 };
  const behind = Math.max(0, last.end - currentTime);
  const advice: Advice = { rate: 1, behind };

  // Also after a gap: what lies before the newest range is past.
  const outside = currentTime < last.start || currentTime > last.end;
  if (outside || behind > tuning.jump) {
    advice.seek = Math.max(last.start, last.end - tuning.target);
  } else if (behind > tuning.target * 2 + 0.2) {
    advice.rate = 1.1;
  }

  const playedUntil = advice.seek ?? currentTime;
  if (playedUntil - first.start > tuning.keep + trimStep) {
    advice.trim = { start: first.start, end: playedUntil - tuning.keep };
  }
  return advice;
}

// A stream whose fragments come in lumps needs more distance: each stall adds some, up to a second.
export function widen(tuning: Tuning): Tuning {
  const target = Math.min(1, tuning.target + 0.15);
  return { ...tuning, target, jump: Math.max(tuning.jump, target + 1) };
}

export function rangesOf(buffered: { length: number; start(i: number): number; end(i: number): number }): Range[] {
  const ranges: Range[] = [];
  for (let i = 0; i < buffered.length; ++i) ranges.push({ start: buffered.start(i), end: buffered.end(i) });
  return ranges;
}
