// The one way to the gateway: every request carries the Bearer token, has a deadline, and fails with an ApiError.

import { summaryFields } from "./types";
import type {
  Account,
  ApiToken,
  BlindInterval,
  BulkReport,
  Device,
  DevicePatch,
  DeviceSpec,
  Discovered,
  Discovery,
  EventStory,
  EventType,
  Explanation,
  Fleet,
  FleetChannel,
  ImportReport,
  LedgerEntry,
  LiveToken,
  LiveTokenRow,
  Page,
  ParkedEntry,
  PtzMove,
  ReplayWish,
  Role,
  Scope,
  Sink,
  SinkPatch,
  StreamRow,
  Summary,
  Whoami,
} from "./types";

export const pageLimit = 1000;
const deadlineMs = 15_000;
// For what looks at the whole fleet: an import of 100,000 rows takes its time.
const longMs = 180_000;

// What went wrong: an RFC 9457 problem of the gateway, or `client.*` where no answer came.
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    title: string,
    readonly detail = "",
    readonly traceId = "",
    // The whole problem: some have members of their own, as a refused import has its report.
    readonly body: unknown = null,
  ) {
    super(title);
    this.name = "ApiError";
  }
}

export interface Listing {
  items: Summary[];
  cursor: string | null;
}

export interface ImportOptions {
  dry_run?: boolean;
  prune?: boolean;
  all_or_nothing?: boolean;
}

interface Call {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  deadlineMs?: number;
  // The answer's body has no end: the signal still stops it when the headers are there.
  endless?: boolean;
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
    return this.json("GET", "/api/v1/fleet", { signal });
  }

  whoami(signal?: AbortSignal): Promise<Whoami> {
    return this.json("GET", "/api/v1/whoami", { signal });
  }

  // Every device, page by page. The cursor is that of the first page: no change after it is missed by who follows from there.
  async summaries(signal?: AbortSignal, progress?: (read: number, total: number) => void): Promise<Listing> {
    const items: Summary[] = [];
    let cursor: string | null = null;
    let from: string | null = null;
    do {
      const query = new URLSearchParams({ limit: String(pageLimit), fields: summaryFields });
      if (cursor !== null) query.set("cursor", cursor);
      const page: Page<Summary> = await this.json("GET", `/api/v1/devices?${query}`, { signal });
      items.push(...page.items);
      from ??= page.cursor ?? "";
      progress?.(items.length, page.total ?? items.length);
      if (page.next === cursor) break; // a cursor that stands still would never end
      cursor = page.next;
    } while (cursor !== null);
    return { items, cursor: from === "" ? null : from };
  }

  // Some devices by id, at most as many as fit an address; who is gone is not among them.
  async summariesOf(ids: readonly string[], signal?: AbortSignal): Promise<Summary[]> {
    const query = new URLSearchParams({ limit: String(pageLimit), fields: summaryFields, id: ids.join(",") });
    return (await this.json<Page<Summary>>("GET", `/api/v1/devices?${query}`, { signal })).items;
  }

  device(id: string, signal?: AbortSignal): Promise<Device> {
    return this.json("GET", devicePath(id), { signal });
  }

  explain(id: string, signal?: AbortSignal): Promise<Explanation> {
    return this.json("GET", `${devicePath(id)}/explain`, { signal });
  }

  addDevice(spec: DeviceSpec): Promise<Device> {
    return this.json("POST", "/api/v1/devices", { body: spec });
  }

  editDevice(id: string, patch: DevicePatch, revision?: number): Promise<Device> {
    const headers = { "Content-Type": "application/merge-patch+json", ...ifMatch(revision) };
    return this.json("PATCH", devicePath(id), { body: patch, headers });
  }

  async removeDevice(id: string, revision?: number): Promise<void> {
    await this.request("DELETE", devicePath(id), { headers: ifMatch(revision) });
  }

  async reconnect(id: string, acceptIdentity = false): Promise<void> {
    await this.request("POST", `${devicePath(id)}/reconnect${acceptIdentity ? "?accept_identity=true" : ""}`);
  }

  switchDevice(id: string, on: boolean): Promise<Device> {
    return this.json("POST", `${devicePath(id)}/${on ? "enable" : "disable"}`);
  }

  // The same change for many devices, or what it would do.
  bulk(ids: readonly string[], patch: DevicePatch, dryRun: boolean): Promise<BulkReport> {
    const body = { where: { ids }, patch, dry_run: dryRun };
    return this.json("POST", "/api/v1/devices/bulk", { body, deadlineMs: longMs });
  }

  credentials(ids: readonly string[], login: { username?: string; password?: string }, dryRun: boolean): Promise<BulkReport> {
    const body = { where: { ids }, ...login, dry_run: dryRun };
    return this.json("POST", "/api/v1/devices/credentials", { body, deadlineMs: longMs });
  }

  // A file of devices, its bytes as they are: the gateway knows the encodings.
  importDevices(file: Blob, format: "csv" | "yaml", options: ImportOptions): Promise<ImportReport> {
    const query = new URLSearchParams({ format, report: "all" });
    for (const [name, value] of Object.entries(options)) if (value === true) query.set(name, "true");
    const headers = { "Content-Type": format === "csv" ? "text/csv" : "application/yaml" };
    return this.json("POST", `/api/v1/devices/import?${query}`, { body: file, headers, deadlineMs: longMs });
  }

  async exportDevices(query: URLSearchParams): Promise<Blob> {
    return (await this.request("GET", `/api/v1/devices/export?${query}`, { deadlineMs: longMs })).blob();
  }

  channels(q: string, limit: number, signal?: AbortSignal): Promise<Page<FleetChannel>> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (q !== "") query.set("q", q);
    return this.json("GET", `/api/v1/channels?${query}`, { signal });
  }

  async ptz(id: string, channel: number, move: PtzMove | { preset: number }): Promise<void> {
    await this.request("POST", `${devicePath(id)}/channels/${channel}/ptz`, { body: move });
  }

  async tokens(signal?: AbortSignal): Promise<ApiToken[]> {
    return (await this.json<Page<ApiToken>>("GET", "/api/v1/tokens", { signal })).items;
  }

  makeToken(name: string, role: Role, ttlS: number | null, scope: Scope | null): Promise<ApiToken & { token: string }> {
    const body = { name, role, ...(ttlS === null ? {} : { ttl_s: ttlS }), ...(scope === null ? {} : { scope }) };
    return this.json("POST", "/api/v1/tokens", { body });
  }

  async removeToken(id: string): Promise<void> {
    await this.request("DELETE", `/api/v1/tokens/${encodeURIComponent(id)}`);
  }

  liveTokens(cursor: string | null, signal?: AbortSignal): Promise<Page<LiveTokenRow>> {
    const query = new URLSearchParams({ limit: "100" });
    if (cursor !== null) query.set("cursor", cursor);
    return this.json("GET", `/api/v1/live-tokens?${query}`, { signal });
  }

  liveToken(stream: string, ttlS: number): Promise<LiveToken> {
    return this.json("POST", "/api/v1/live-tokens", { body: { stream, ttl_s: ttlS } });
  }

  async revokeLiveToken(id: string): Promise<void> {
    await this.request("DELETE", `/api/v1/live-tokens/${encodeURIComponent(id)}`);
  }

  discovered(signal?: AbortSignal): Promise<Page<Discovered> & { discovery: Discovery }> {
    return this.json("GET", "/api/v1/discovered?limit=1000", { signal });
  }

  async probe(): Promise<void> {
    await this.request("POST", "/api/v1/discovered/probe");
  }

  // A picture and how old it is in milliseconds, where the gateway says so; `width` asks for one that it decodes itself.
  async picture(stream: string, width?: number, signal?: AbortSignal): Promise<{ blob: Blob; ageMs: number | null }> {
    const path = `/live/${stream.split("/").map(encodeURIComponent).join("/")}.jpg${width === undefined ? "" : `?width=${width}`}`;
    const answer = await this.request("GET", path, { signal });
    const age = answer.headers.get("X-Picture-Age-Ms");
    return { blob: await answer.blob(), ageMs: age === null || age === "" ? null : Number(age) };
  }

  // Entries of the ledger by the names of GET /events.
  events(query: URLSearchParams, signal?: AbortSignal): Promise<Page<LedgerEntry>> {
    return this.json("GET", `/api/v1/events?${query}`, { signal });
  }

  event(id: string, signal?: AbortSignal): Promise<EventStory> {
    return this.json("GET", `/api/v1/events/${encodeURIComponent(id)}`, { signal });
  }

  async eventTypes(signal?: AbortSignal): Promise<EventType[]> {
    return (await this.json<Page<EventType>>("GET", "/api/v1/events/types", { signal })).items;
  }

  async eventPicture(id: string, signal?: AbortSignal): Promise<Blob> {
    return (await this.request("GET", `/api/v1/events/pictures/${encodeURIComponent(id)}`, { signal })).blob();
  }

  account(query: URLSearchParams, signal?: AbortSignal): Promise<Account> {
    return this.json("GET", `/api/v1/events/account?${query}`, { signal, deadlineMs: longMs });
  }

  blind(query: URLSearchParams, signal?: AbortSignal): Promise<Page<BlindInterval>> {
    return this.json("GET", `/api/v1/blind?${query}`, { signal });
  }

  async sinks(signal?: AbortSignal): Promise<Sink[]> {
    return (await this.json<Page<Sink>>("GET", "/api/v1/sinks", { signal })).items;
  }

  sink(id: string): Promise<Sink> {
    return this.json("GET", sinkPath(id));
  }

  addSink(sink: SinkPatch): Promise<Sink> {
    return this.json("POST", "/api/v1/sinks", { body: sink });
  }

  editSink(id: string, patch: SinkPatch, revision: number): Promise<Sink> {
    const headers = { "Content-Type": "application/merge-patch+json", ...ifMatch(revision) };
    return this.json("PATCH", sinkPath(id), { body: patch, headers });
  }

  async removeSink(id: string): Promise<void> {
    await this.request("DELETE", sinkPath(id));
  }

  // A test takes as long as the sink does.
  async askSink(id: string, what: "pause" | "resume" | "test"): Promise<void> {
    await this.request("POST", `${sinkPath(id)}/${what}`, { deadlineMs: 4 * deadlineMs });
  }

  async replaySink(id: string, wish: ReplayWish): Promise<void> {
    await this.request("POST", `${sinkPath(id)}/replay`, { body: wish });
  }

  parked(id: string, cursor: string | null, signal?: AbortSignal): Promise<Page<ParkedEntry>> {
    const query = new URLSearchParams({ limit: "50" });
    if (cursor !== null) query.set("cursor", cursor);
    return this.json("GET", `${sinkPath(id)}/parked?${query}`, { signal });
  }

  async settleParked(id: string, seq: number, what: "retry" | "discard"): Promise<void> {
    const path = `${sinkPath(id)}/parked/${seq}`;
    if (what === "retry") await this.request("POST", `${path}/retry`, { deadlineMs: 4 * deadlineMs });
    else await this.request("DELETE", path);
  }

  async streams(device: string, signal?: AbortSignal): Promise<StreamRow[]> {
    const query = new URLSearchParams({ device, limit: "200" });
    return (await this.json<Page<StreamRow>>("GET", `/api/v1/streams?${query}`, { signal })).items;
  }

  // The event stream, to be read until it ends or `signal` says so.
  stream(cursor: string | null, signal: AbortSignal): Promise<Response> {
    const query = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    return this.request("GET", `/api/v1/stream${query}`, { signal, endless: true, headers: { Accept: "text/event-stream" } });
  }

  private async json<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const answer = await this.request(method, path, call);
    try {
      return (await answer.json()) as T;
    } catch (cause) {
      if (call.signal?.aborted) throw cause;
      throw new ApiError("client.bad_answer", answer.status, "");
    }
  }

  private async request(method: string, path: string, call: Call = {}): Promise<Response> {
    const { body, signal } = call;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), call.deadlineMs ?? deadlineMs);
    const forward = () => stop.abort();
    signal?.addEventListener("abort", forward);
    if (signal?.aborted) forward();
    const headers: Record<string, string> = {
      Authorization: `Bearer ${this.options.token}`,
      "Accept-Language": this.options.language(),
      ...(body === undefined || body instanceof Blob ? {} : { "Content-Type": "application/json" }),
      ...call.headers,
    };
    try {
      const answer = await (this.options.fetch ?? fetch)(path, {
        method,
        headers,
        body: body === undefined ? null : body instanceof Blob ? body : JSON.stringify(body),
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
      if (call.endless !== true) signal?.removeEventListener("abort", forward); // else its body is still being read
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

function sinkPath(id: string): string {
  return `/api/v1/sinks/${encodeURIComponent(id)}`;
}

function ifMatch(revision: number | undefined): Record<string, string> {
  return revision === undefined ? {} : { "If-Match": `"${revision}"` };
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
    body,
  );
}
