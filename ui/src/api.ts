// The one way to the gateway: every request carries the Bearer token, has a deadline, and fails with an ApiError.

import type { Device, DeviceSpec, Fleet, LiveToken, Page } from "./types";

export const pageLimit = 1000;
const deadlineMs = 15_000;

// What went wrong: an RFC 9457 problem of the gateway, or `client.*` where no answer came.
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    title: string,
    readonly detail = "",
    readonly traceId = "",
  ) {
    super(title);
    this.name = "ApiError";
  }
}

export interface ApiOptions {
  token: string;
  language: () => string;
  fetch?: typeof fetch;
  now?: () => number;
  // Called for a 401: the token does not count any more.
  onUnauthorized?: () => void;
}

export class Api {
  // Milliseconds by which the gateway's clock is ahead of ours; times in answers are the gateway's.
  skewMs = 0;

  constructor(private readonly options: ApiOptions) {}

  now(): number {
    return this.ourNow() + this.skewMs;
  }

  fleet(signal?: AbortSignal): Promise<Fleet> {
    return this.json("GET", "/api/v1/fleet", undefined, signal);
  }

  // Every device, page by page.
  async devices(signal?: AbortSignal): Promise<Device[]> {
    const all: Device[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ limit: String(pageLimit) });
      if (cursor !== null) query.set("cursor", cursor);
      const page: Page<Device> = await this.json("GET", `/api/v1/devices?${query}`, undefined, signal);
      all.push(...page.items);
      if (page.next === cursor) break; // a cursor that stands still would never end
      cursor = page.next;
    } while (cursor !== null);
    return all;
  }

  device(id: string, signal?: AbortSignal): Promise<Device> {
    return this.json("GET", devicePath(id), undefined, signal);
  }

  addDevice(spec: DeviceSpec): Promise<Device> {
    return this.json("POST", "/api/v1/devices", spec);
  }

  async removeDevice(id: string): Promise<void> {
    await this.request("DELETE", devicePath(id));
  }

  async reconnect(id: string, acceptIdentity = false): Promise<void> {
    await this.request("POST", `${devicePath(id)}/reconnect${acceptIdentity ? "?accept_identity=true" : ""}`);
  }

  liveToken(stream: string, ttlS: number): Promise<LiveToken> {
    return this.json("POST", "/api/v1/live-tokens", { stream, ttl_s: ttlS });
  }

  async snapshot(device: string, channel: number, profile: string): Promise<Blob> {
    const path = `/live/${encodeURIComponent(device)}/${channel}/${profile}.jpg`;
    return (await this.request("GET", path)).blob();
  }

  private async json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const answer = await this.request(method, path, body, signal);
    try {
      return (await answer.json()) as T;
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new ApiError("client.bad_answer", answer.status, "");
    }
  }

  private async request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), deadlineMs);
    const forward = () => stop.abort();
    signal?.addEventListener("abort", forward);
    if (signal?.aborted) forward();
    const headers: Record<string, string> = {
      Authorization: `Bearer ${this.options.token}`,
      "Accept-Language": this.options.language(),
    };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
      const answer = await (this.options.fetch ?? fetch)(path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: stop.signal,
        credentials: "omit",
        cache: "no-store",
      });
      this.noteClock(answer.headers.get("Date"));
      if (answer.ok) return answer;
      const problem = await problemOf(answer);
      // A camera's refusal (device.bad_credentials) is a 401 as well, and no reason to sign the operator out.
      if (answer.status === 401 && !problem.code.startsWith("device.")) this.options.onUnauthorized?.();
      throw problem;
    } catch (cause) {
      if (cause instanceof ApiError || signal?.aborted) throw cause;
      throw new ApiError(stop.signal.aborted ? "client.timeout" : "client.unreachable", 0, "");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", forward);
    }
  }

  // Date has a resolution of a second, so only a difference that matters to a reader counts.
  private noteClock(date: string | null): void {
    const theirs = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(theirs)) return;
    const skew = theirs + 500 - this.ourNow();
    this.skewMs = Math.abs(skew) < 2_000 ? 0 : skew;
  }

  private ourNow(): number {
    return (this.options.now ?? Date.now)();
  }
}

function devicePath(id: string): string {
  return `/api/v1/devices/${encodeURIComponent(id)}`;
}

async function problemOf(answer: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await answer.json();
  } catch {
    // Not ours: a proxy between, most likely. The status has to do.
  }
  const text = (name: string): string => {
    const value = (body as Record<string, unknown> | null)?.[name];
    return typeof value === "string" ? value : "";
  };
  return new ApiError(
    text("code") || `http.${answer.status}`,
    answer.status,
    text("title") || answer.statusText,
    text("detail"),
    text("trace_id"),
  );
}
