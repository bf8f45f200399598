// One WebSocket with live video: a text {"type":"init","mime"}, then binary media; a text {"type":"error"} before the end.

import { PlayerError } from "./player_error";

export interface SocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  close(code?: number): void;
}

export interface FeedHandlers {
  init(mime: string): void;
  chunk(bytes: ArrayBuffer): void;
  // Exactly once, unless close() was called before.
  end(error: PlayerError): void;
}

export class Feed {
  private ended = false;
  private opened = false;
  private error: PlayerError | null = null;

  constructor(
    private readonly socket: SocketLike,
    private readonly on: FeedHandlers,
  ) {
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.opened = true;
    };
    socket.onmessage = (event) => this.message(event.data);
    socket.onclose = (event) => this.end(this.error ?? this.closeError(event.code, event.reason));
  }

  // Ends without a word to the handlers.
  close(): void {
    this.ended = true;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close(1000);
  }

  private message(data: unknown): void {
    if (data instanceof ArrayBuffer) return this.on.chunk(data);
    const text = parse(data);
    if (text?.["type"] === "init" && typeof text["mime"] === "string") return this.on.init(text["mime"]);
    if (text?.["type"] === "error") {
      const code = typeof text["code"] === "string" ? text["code"] : "player.closed";
      const detail = typeof text["detail"] === "string" ? text["detail"] : "";
      this.error = new PlayerError(code, detail); // the close follows
    }
    // Anything else is from a newer gateway: not for us.
  }

  private closeError(code: number, reason: string): PlayerError {
    return new PlayerError(this.opened ? "player.closed" : "player.refused", reason || `WebSocket ${code}`);
  }

  private end(error: PlayerError): void {
    if (this.ended) return;
    this.ended = true;
    this.on.end(error);
  }
}

function parse(data: unknown): Record<string, unknown> | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
