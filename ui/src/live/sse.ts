// Server-sent events out of pieces of text, as the WHATWG HTML standard (9.2.6) says; comments are dropped.

export interface SseMessage {
  event: string;
  data: string;
  id: string | null;
}

// A line that does not end is no event of ours.
export const lineLimit = 1 << 20;

export class SseParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id: string | null = null;
  private afterCr = false;

  constructor(private readonly message: (message: SseMessage) => void) {}

  // Takes the next piece, however it was cut. Throws where a line is longer than any event.
  push(piece: string): void {
    let text = piece;
    if (this.afterCr && text !== "") {
      if (text.startsWith("\n")) text = text.slice(1); // the second half of a CRLF that was cut
      this.afterCr = false;
    }
    text = this.rest + text;
    let from = 0;
    for (let at = from; at < text.length; ++at) {
      const char = text[at];
      if (char !== "\n" && char !== "\r") continue;
      this.line(text.slice(from, at));
      if (char === "\r") {
        if (at + 1 === text.length) this.afterCr = true;
        else if (text[at + 1] === "\n") ++at;
      }
      from = at + 1;
    }
    this.rest = text.slice(from);
    if (this.rest.length > lineLimit) throw new Error("a line of the event stream has no end");
  }

  private line(line: string): void {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id" && !value.includes("\0")) this.id = value;
  }

  private dispatch(): void {
    if (this.data.length > 0) this.message({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
    this.event = "";
    this.data = [];
  }
}
