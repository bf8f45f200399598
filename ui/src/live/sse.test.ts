import { expect, it } from "vitest";
import { lineLimit, SseParser, type SseMessage } from "./sse";

const text =
  ": hello\n\nevent: move\nid: a-1\ndata: {\"x\":1}\n\r\ndata:two\r\ndata: lines\r\n\r\nid: a-2\rdata\r\revent: lonely\n\ndata: last\n\n";

function parse(pieces: string[]): SseMessage[] {
  const out: SseMessage[] = [];
  const parser = new SseParser((message) => out.push(message));
  for (const piece of pieces) parser.push(piece);
  return out;
}

const whole: SseMessage[] = [
  { event: "move", data: '{"x":1}', id: "a-1" },
  { event: "message", data: "two\nlines", id: "a-1" },
  { event: "message", data: "", id: "a-2" },
  { event: "message", data: "last", id: "a-2" },
];

it("reads events with every kind of line end, and forgets comments", () => {
  expect(parse([text])).toEqual(whole);
});

it("gives the same however the text is cut", () => {
  for (let at = 0; at <= text.length; ++at) expect(parse([text.slice(0, at), text.slice(at)])).toEqual(whole);
  expect(parse([...text])).toEqual(whole);
});

it("does not keep a line without end", () => {
  const parser = new SseParser(() => undefined);
  expect(() => parser.push("x".repeat(lineLimit + 1))).toThrow();
});
