import { expect, it } from "vitest";
import { fit, headingHeight, hit, layOut, placeOf, step } from "./layout";

const layout = layOut([5, 0, 3], 40, 10, true); // four columns

it("finds each cell where it put it", () => {
  for (let index = 0; index < layout.count; ++index) {
    const { x, y } = placeOf(layout, index)!;
    expect(hit(layout, x + 5, y + 5)).toBe(index);
  }
  expect(placeOf(layout, 8)).toBeNull();
});

it("finds nothing in headings, beside the cells and behind the last one of a group", () => {
  expect(hit(layout, 5, headingHeight - 1)).toBe(-1);
  expect(hit(layout, 41, headingHeight + 5)).toBe(-1);
  expect(hit(layout, -1, headingHeight + 5)).toBe(-1);
  expect(hit(layout, 25, headingHeight + 15)).toBe(-1); // the second row has one cell
  expect(hit(layout, 5, 10_000)).toBe(-1);
});

it("walks by arrows, across groups and past empty ones", () => {
  expect(step(layout, 0, "ArrowDown")).toBe(4);
  expect(step(layout, 3, "ArrowDown")).toBe(4); // the row below is shorter
  expect(step(layout, 4, "ArrowDown")).toBe(5);
  expect(step(layout, 7, "ArrowUp")).toBe(4);
  expect(step(layout, 0, "ArrowUp")).toBe(0);
  expect(step(layout, 7, "ArrowDown")).toBe(7);
  expect(step(layout, 0, "ArrowLeft")).toBe(0);
  expect(step(layout, 7, "ArrowRight")).toBe(7);
});

it("takes the largest cells that fit, else the smallest", () => {
  expect(fit([9000], 1200, 600, [26, 18, 12, 9], false).cell).toBe(9);
  expect(fit([100], 1200, 600, [26, 18, 12, 9], false).cell).toBe(26);
  expect(fit([90_000], 1200, 600, [26, 18, 12, 9], false).cell).toBe(9);
});
