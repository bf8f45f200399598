import { describe, expect, it, vi } from "vitest";
import { Api, ApiError } from "./api";

function answer(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
}

function make(replies: (Response | Error)[]) {
  const calls: { path: string; init: RequestInit }[] = [];
  const onUnauthorized = vi.fn();
  const api = new Api({
    token: "secret",
    language: () => "zh",
    onUnauthorized,
    now: () => Date.parse("2030-01-01T00:00:00Z"),
    fetch: (path, init) => {
      calls.push({ path: String(path), init: init ?? {} });
      const reply = replies.shift();
      return reply instanceof Response ? Promise.resolve(reply) : Promise.reject(reply ?? new Error("no reply"));
    },
  });
  return { api, calls, onUnauthorized };
}

describe("requests", () => {
  it("carry the token and the language, and no cookies", async () => {
    const { api, calls } = make([answer({ total: 0, states: {} })]);
    await api.fleet();
    expect(calls[0]!.init.headers).toMatchObject({ Authorization: "Bearer secret", "Accept-Language": "zh" });
    expect(calls[0]!.init.credentials).toBe("omit");
  });

  it("escape ids", async () => {
    const { api, calls } = make([answer({})]);
    await api.device("../fleet?x=1");
    expect(calls[0]!.path).toBe("/api/v1/devices/..%2Ffleet%3Fx%3D1");
  });
});

describe("devices", () => {
  it("are read page by page to the end", async () => {
    const { api, calls } = make([
      answer({ items: [{ id: "a" }, { id: "b" }], next: "b&", cursor: "r-1" }),
      answer({ items: [{ id: "c" }], next: null, cursor: "r-2" }),
    ]);
    const { items, cursor } = await api.summaries();
    expect(items.map((device) => device.id)).toEqual(["a", "b", "c"]);
    expect(cursor).toBe("r-1"); // what happened while the second page was read is not missed
    expect(calls.map((call) => new URL(call.path, "http://x").searchParams.get("cursor"))).toEqual([null, "b&"]);
  });

  it("do not loop on a cursor that stands still", async () => {
    const page = { items: [{ id: "a" }], next: "same" };
    const { api, calls } = make([answer(page), answer(page), answer(page)]);
    await api.summaries();
    expect(calls.length).toBe(2);
  });
});

describe("failures", () => {
  it("keep the code, sentence, detail and trace id of a problem", async () => {
    const problem = { code: "device.exists", title: "exists", detail: "gate-7", status: 409, trace_id: "abc", type: "" };
    const { api } = make([answer(problem, 409)]);
    const error = await api.addDevice({}).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "device.exists", status: 409, message: "exists", detail: "gate-7", traceId: "abc" });
  });

  it("survive an answer that is not a problem", async () => {
    const { api } = make([answer("<html>Bad gateway</html>", 502)]);
    await expect(api.fleet()).rejects.toMatchObject({ code: "http.502" });
  });

  it("survive a body that is not JSON", async () => {
    const { api } = make([answer("hello")]);
    await expect(api.fleet()).rejects.toMatchObject({ code: "client.bad_answer" });
  });

  it("of the network have a code of their own", async () => {
    const { api } = make([new TypeError("Failed to fetch")]);
    await expect(api.fleet()).rejects.toMatchObject({ code: "client.unreachable" });
  });

  it("with 401 end the session", async () => {
    const { api, onUnauthorized } = make([answer({ code: "auth.invalid", title: "no" }, 401)]);
    await expect(api.fleet()).rejects.toMatchObject({ code: "auth.invalid" });
    expect(onUnauthorized).toHaveBeenCalledOnce();
  });

  it("with the 401 of a camera do not", async () => {
    const { api, onUnauthorized } = make([answer({ code: "device.bad_credentials", title: "no" }, 401)]);
    await expect(api.picture("a/1/main")).rejects.toMatchObject({ code: "device.bad_credentials" });
    expect(onUnauthorized).not.toHaveBeenCalled();
  });

  it("that the caller asked for stay AbortErrors", async () => {
    const { api } = make([Object.assign(new Error("aborted"), { name: "AbortError" })]);
    const stop = new AbortController();
    stop.abort();
    await expect(api.fleet(stop.signal)).rejects.toMatchObject({ name: "AbortError" });
  });
});

it("notes by how much the gateway's clock differs", async () => {
  const { api } = make([
    answer({}, 200, { Date: "Tue, 01 Jan 2030 00:01:00 GMT" }),
    answer({}, 200, { Date: "Tue, 01 Jan 2030 00:00:00 GMT" }),
  ]);
  await api.fleet();
  expect(api.skewMs).toBe(60_500);
  await api.fleet();
  expect(api.skewMs).toBe(0);
});
