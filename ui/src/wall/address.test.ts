import { expect, it } from "vitest";
import { parseWall, put, resize, swap, wallQuery } from "./address";

const query = (text: string) => parseWall(new URLSearchParams(text));

it("comes back out of the address as it went in", () => {
  const wall = put(put(query("n=4"), 0, { device: "gate-7", channel: 1 }), 2, { device: "nvr", channel: 16 });
  expect(wallQuery(wall).toString()).toBe("n=4&s=gate-7%2F1&s=&s=nvr%2F16");
  expect(query(wallQuery(wall).toString())).toEqual(wall);
});

it("leaves out what is no channel", () => {
  expect(query("n=5&s=a&s=/1&s=a/0&s=a/1&s=b/1")).toEqual({ size: 4, places: [null, null, null, { device: "a", channel: 1 }] });
});

it("keeps the pictures when it gets smaller, and exchanges two", () => {
  const wall = query("n=9&s=&s=&s=&s=&s=a/1&s=b/2");
  expect(resize(wall, 1).places).toEqual([{ device: "a", channel: 1 }]);
  expect(resize(wall, 16).places[5]).toEqual({ device: "b", channel: 2 });
  expect(swap(wall, 4, 0).places[0]).toEqual({ device: "a", channel: 1 });
});
