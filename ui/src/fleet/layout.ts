// Where each device's cell lies on the map: groups below each other, in each of them rows of equal cells. Numbers only.

export interface Band {
  // Of the heading, where there is one.
  top: number;
  // Of the first row of cells.
  cells: number;
  first: number;
  count: number;
}

export interface Layout {
  cell: number;
  columns: number;
  height: number;
  bands: Band[];
  count: number;
}

export const headingHeight = 28;
const gapBelow = 8;

export function layOut(counts: readonly number[], width: number, cell: number, headings: boolean): Layout {
  const columns = Math.max(1, Math.floor(width / cell));
  const bands: Band[] = [];
  let top = 0;
  let first = 0;
  for (const count of counts) {
    const cells = top + (headings ? headingHeight : 0);
    bands.push({ top, cells, first, count });
    top = cells + Math.ceil(count / columns) * cell + (headings ? gapBelow : 0);
    first += count;
  }
  return { cell, columns, height: top, bands, count: first };
}

// The largest cell with which everything fits `height`; the smallest where nothing does.
export function fit(counts: readonly number[], width: number, height: number, sizes: readonly number[], headings: boolean): Layout {
  let best = layOut(counts, width, sizes[0] ?? 10, headings);
  for (const size of sizes) {
    best = layOut(counts, width, size, headings);
    if (best.height <= height) break;
  }
  return best;
}

export function placeOf(layout: Layout, index: number): { x: number; y: number } | null {
  const band = layout.bands.find((each) => index >= each.first && index < each.first + each.count);
  if (band === undefined) return null;
  const inside = index - band.first;
  return { x: (inside % layout.columns) * layout.cell, y: band.cells + Math.floor(inside / layout.columns) * layout.cell };
}

// The device at a point, or -1.
export function hit(layout: Layout, x: number, y: number): number {
  const column = Math.floor(x / layout.cell);
  if (x < 0 || column >= layout.columns) return -1;
  for (const band of layout.bands) {
    if (y < band.cells) return -1;
    const inside = Math.floor((y - band.cells) / layout.cell) * layout.columns + column;
    if (inside < band.count) return band.first + inside;
  }
  return -1;
}

// Where an arrow leads: sideways to the neighbour in order, up and down to the nearest column of the next row, across groups.
export function step(layout: Layout, index: number, key: "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown"): number {
  if (key === "ArrowLeft") return Math.max(0, index - 1);
  if (key === "ArrowRight") return Math.min(layout.count - 1, index + 1);
  const at = layout.bands.findIndex((each) => index >= each.first && index < each.first + each.count);
  const band = layout.bands[at];
  if (band === undefined) return index;
  const inside = index - band.first;
  const column = inside % layout.columns;
  const row = Math.floor(inside / layout.columns);
  const rows = Math.ceil(band.count / layout.columns);
  const clamp = (target: Band, line: number) => target.first + Math.min(target.count - 1, line * layout.columns + column);
  if (key === "ArrowDown") {
    if (row + 1 < rows) return clamp(band, row + 1);
    const next = layout.bands.slice(at + 1).find((each) => each.count > 0);
    return next === undefined ? index : clamp(next, 0);
  }
  if (row > 0) return clamp(band, row - 1);
  const before = layout.bands.slice(0, at).findLast((each) => each.count > 0);
  return before === undefined ? index : clamp(before, Math.ceil(before.count / layout.columns) - 1);
}
