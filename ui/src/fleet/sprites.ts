// The cell of each state, drawn once for a size and a theme: colour and shape, so that neither has to be told apart alone. The
// shapes are those of StateIcon, made coarse enough for ten pixels.

import { states, type State } from "../types";

// `blind`: the same for a device that could not tell of an alarm, where its state does not say so already.
export type Look = State | `${"online" | "degraded"} blind`;
export type Sprites = Record<Look, HTMLCanvasElement>;

export function lookOf(state: State, blind: boolean): Look {
  return blind && (state === "online" || state === "degraded") ? `${state} blind` : state;
}

export function makeSprites(cell: number, scale: number): Sprites {
  const style = getComputedStyle(document.documentElement);
  const paper = style.getPropertyValue("--surface").trim();
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const looks = [...states.map((state) => [state, state, ""] as const), ...(["online", "degraded"] as const).map((state) => [`${state} blind`, state, colour("blind")] as const)];
  return Object.fromEntries(looks.map(([look, state, notch]) => [look, sprite(state, colour(state), paper, cell, scale, notch)])) as Sprites;
}

function sprite(state: State, colour: string, paper: string, cell: number, scale: number, notch: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(cell * scale);
  const pen = canvas.getContext("2d");
  if (pen === null) return canvas;
  pen.scale(scale, scale);
  const gap = cell >= 14 ? 2 : 1;
  pen.translate(gap / 2, gap / 2);
  draw(state, pen, cell - gap, colour, paper);
  if (notch !== "") bite(pen, cell - gap, notch, paper);
  return canvas;
}

// A corner of another colour, set off by a line of paper.
function bite(pen: CanvasRenderingContext2D, size: number, colour: string, paper: string): void {
  for (const [part, fill] of [[0.86, paper], [0.62, colour]] as const) {
    pen.globalAlpha = 1;
    pen.fillStyle = fill;
    pen.beginPath();
    pen.moveTo(size * (1 - part), 0);
    pen.lineTo(size, 0);
    pen.lineTo(size, size * part);
    pen.fill();
  }
}

function draw(state: State, pen: CanvasRenderingContext2D, size: number, colour: string, paper: string): void {
  const middle = size / 2;
  const line = Math.max(1.25, size / 8);
  pen.fillStyle = pen.strokeStyle = colour;
  pen.lineWidth = line;
  pen.lineCap = "round";
  const box = (inset: number) => {
    pen.beginPath();
    pen.roundRect(inset, inset, size - 2 * inset, size - 2 * inset, size / 5);
  };
  const path = (...points: (readonly [number, number])[]) => {
    pen.beginPath();
    for (const [x, y] of points) pen.lineTo(x * size, y * size);
  };
  switch (state) {
    case "online": // calm: of ten thousand most are this
      pen.globalAlpha = 0.55;
      box(0);
      pen.fill();
      break;
    case "degraded":
      path([0.5, 0.02], [1, 0.96], [0, 0.96]);
      pen.fill();
      break;
    case "connecting":
      pen.beginPath();
      pen.arc(middle, middle, middle - line / 2, -Math.PI / 2, Math.PI);
      pen.stroke();
      break;
    case "waiting":
      pen.beginPath();
      pen.arc(middle, middle, size / 5, 0, 2 * Math.PI);
      pen.fill();
      break;
    case "backoff":
      pen.beginPath();
      pen.arc(middle, middle, middle - line / 2, 0, 2 * Math.PI);
      pen.stroke();
      pen.beginPath();
      pen.moveTo(middle, middle);
      pen.arc(middle, middle, middle - line / 2, -Math.PI / 2, Math.PI / 2);
      pen.fill();
      break;
    case "rejected":
      box(0);
      pen.fill();
      pen.strokeStyle = paper;
      pen.beginPath();
      for (const [x, y] of [[0.28, 0.28], [0.72, 0.28]] as const) {
        pen.moveTo(x * size, y * size);
        pen.lineTo((1 - x) * size, (1 - y) * size);
      }
      pen.stroke();
      break;
    case "locked":
      pen.fillRect(size * 0.08, size * 0.44, size * 0.84, size * 0.54);
      pen.beginPath();
      pen.arc(middle, size * 0.44, size * 0.26, Math.PI, 0);
      pen.stroke();
      break;
    case "disabled":
      pen.lineWidth = 1;
      box(0.5);
      pen.stroke();
      path([0.25, 0.75], [0.75, 0.25]);
      pen.stroke();
      break;
  }
}
