// A gateway that is not there: the part of the API that the console uses, with invented devices and real video.
//   node mock/server.mjs [--port N] [--devices N] [--healthy] [--lively]
// A device whose id ends in 5 drops its live video every few seconds; h265-* claims a codec that Chromium does not have,
// audio-* has sound.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { makeEvents } from "./events.mjs";
import { addDevice, enter as enterState, makeFleet, reasons, shown, states } from "./fleet.mjs";
import { makeLedger } from "./ledger.mjs";
import { makeManage } from "./manage.mjs";
import { makeSinks } from "./sinks.mjs";
import { liveVideo, snapshot } from "./video.mjs";
import { accept } from "./websocket.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; " +
  "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

class Problem extends Error {
  constructor(status, code, detail = "") {
    super(code);
    Object.assign(this, { status, code, detail });
  }
}

// Resolves to {url, token, close} once it listens.
export function startMock({ port = 0, devices = 24, healthy = false, token = randomBytes(16).toString("hex") } = {}) {
  const fleet = makeFleet({ count: devices, healthy });
  const liveTokens = new Map();
  const viewers = new Set();
  const events = makeEvents();
  const enter = (device, state) => {
    const from = device.state;
    enterState(device, state);
    const [reason, text] = reasons[state];
    events.tell("move", { device: device.id, from, to: state, reason, text, detail: device.detail, at: device.since, attempts: device.attempts, next_attempt: device.next_attempt });
  };
  const manage = makeManage({ fleet, events, Problem, enter, later: (device) => reconnect(device), shown, addDevice, reasons });
  const viewing = (device) => [...new Set([...viewers].map((each) => each.stream))].filter((stream) => stream.split("/")[0] === device).sort();
  const sinks = makeSinks({ Problem, fleet, viewing });
  const ledger = makeLedger({ fleet, events, Problem });

  const routes = [
    ...sinks.routes,
    ...ledger.routes((id) => find(id), snapshot),
    ...manage.routes((id) => find(id)),
    ["GET", /^\/api\/v1\/fleet$/, (_, { language }) => fleetOf(language)],
    ["GET", /^\/api\/v1\/devices$/, (_, call) => pageOf(call)],
    ["POST", /^\/api\/v1\/devices$/, (_, call) => add(call)],
    ["GET", /^\/api\/v1\/devices\/([^/]+)$/, ([id], call) => shown(find(id), call.language, true)],
    ["DELETE", /^\/api\/v1\/devices\/([^/]+)$/, ([id]) => remove(find(id))],
    ["POST", /^\/api\/v1\/devices\/([^/]+)\/reconnect$/, ([id]) => reconnect(find(id))],
    ["POST", /^\/api\/v1\/live-tokens$/, (_, call) => makeToken(call)],
    ["GET", /^\/api\/v1\/live-tokens$/, () => ({ items: [...liveTokens].map(([secret, each]) => ({ id: secret.slice(0, 6), issuer: "administrator", ...each })), next: null })],
    ["DELETE", /^\/api\/v1\/live-tokens\/([^/]+)$/, ([id]) => revoke(id)],
    ["GET", /^\/live\/([^/]+)\/\d+\/(main|sub|third)\.jpg$/, ([id, profile]) => find(id) && snapshot(profile)],
  ];

  function find(id) {
    const device = fleet.get(decodeURIComponent(id));
    if (device === undefined) throw new Problem(404, "device.unknown");
    return device;
  }
  function remove(device) {
    fleet.delete(device.id);
    events.tell("removed", { device: device.id });
  }
  function revoke(id) {
    for (const secret of liveTokens.keys()) if (secret.startsWith(id)) liveTokens.delete(secret);
  }
  function fleetOf(language) {
    const counts = Object.fromEntries(states.map((state) => [state, 0]));
    let channels = 0;
    for (const device of fleet.values()) {
      ++counts[device.state];
      channels += device.channels.length;
    }
    return { total: fleet.size, states: counts, channels, streams: viewers.size, viewers: viewers.size, summary: manage.reasonsNow(language) };
  }
  function pageOf({ url, language }) {
    const limit = Number(url.searchParams.get("limit") ?? 100);
    const after = url.searchParams.get("cursor") ?? "";
    const only = url.searchParams.get("id")?.split(",");
    const fields = url.searchParams.get("fields")?.split(",");
    const pick = (device) => (fields === undefined ? device : Object.fromEntries(fields.map((name) => [name, device[name]])));
    const ids = [...fleet.keys()].filter((id) => only === undefined || only.includes(id)).sort().filter((id) => id > after);
    const items = ids.slice(0, limit).map((id) => pick(shown(fleet.get(id), language, false)));
    return { items, next: ids.length > limit ? ids[limit - 1] : null, total: fleet.size, cursor: events.cursor() };
  }
  function add({ body, language }) {
    if (fleet.has(body.id)) throw new Problem(409, "device.exists", body.id);
    if (!body.address && !body.url) throw new Problem(400, "device.invalid", "address: needed");
    const device = addDevice(fleet, body);
    for (const profile of device.channels[0]?.profiles ?? []) if (isH265(device, profile.profile)) profile.codec = "h265";
    events.tell("added", { device: device.id });
    if (device.enabled) reconnect(device);
    return { status: 201, body: shown(device, language, true) };
  }
  function reconnect(device) {
    enter(device, "waiting");
    setTimeout(() => enter(device, "connecting"), 700).unref();
    setTimeout(() => enter(device, "online"), 2_000).unref();
    return { status: 202, body: {} };
  }
  function makeToken({ body, host }) {
    find(body.stream.split("/")[0]);
    const secret = randomBytes(12).toString("base64url");
    const expires_at = new Date(Date.now() + (body.ttl_s ?? 300) * 1000).toISOString();
    liveTokens.set(secret, { stream: body.stream, expires_at });
    const http = `http://${host}/live/${body.stream}`;
    const urls = {
      rtsp: `rtsp://${host.split(":")[0]}:8554/live/${body.stream}?token=${secret}`,
      mp4: `${http}.mp4?token=${secret}`,
      flv: `${http}.flv?token=${secret}`,
      ts: `${http}.ts?token=${secret}`,
      ws: `${http.replace("http", "ws")}/ws?token=${secret}`,
      ws_flv: `${http.replace("http", "ws")}/ws?form=flv&token=${secret}`,
      jpg: `${http}.jpg?token=${secret}`,
    };
    return { status: 201, body: { id: secret.slice(0, 6), token: secret, stream: body.stream, expires_at, urls } };
  }

  async function answer(request) {
    const url = new URL(request.url, "http://mock");
    if (!url.pathname.startsWith("/api/") && !url.pathname.startsWith("/live/")) return fileAnswer(url.pathname);
    if (request.headers.authorization !== `Bearer ${token}`) throw new Problem(401, "auth.invalid");
    const language = (request.headers["accept-language"] ?? "").startsWith("zh") ? "zh" : "en";
    const parts = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const body = (request.headers["content-type"] ?? "").includes("json") && text !== "" ? JSON.parse(text) : {};
    for (const [method, pattern, handle] of routes) {
      const match = pattern.exec(url.pathname);
      if (match === null || method !== request.method) continue;
      const result = await handle(match.slice(1), { url, body, text, request, language, host: request.headers.host });
      if (result === undefined) return { status: 204 };
      if (Buffer.isBuffer(result)) return { status: 200, type: "image/jpeg", bytes: result };
      if (result.bytes !== undefined || result.status === 204) return result;
      const wrapped = result.body === undefined ? { status: 200, body: result } : result;
      return { status: wrapped.status, type: "application/json", bytes: JSON.stringify(wrapped.body) };
    }
    throw new Problem(404, "api.not_found");
  }

  const server = createServer(async (request, response) => {
    let reply;
    const url = new URL(request.url, "http://mock");
    if (url.pathname === "/api/v1/stream" && request.headers.authorization === `Bearer ${token}`) return events.serve(request, response, url);
    try {
      reply = await answer(request);
    } catch (error) {
      const status = error.status ?? 500;
      const problem = { type: `/docs/errors#${error.code}`, title: error.code ?? "api.internal", status };
      Object.assign(problem, { code: error.code ?? "api.internal", detail: error.detail ?? error.message, trace_id: randomBytes(16).toString("hex") });
      reply = { status, type: "application/problem+json", bytes: JSON.stringify(problem) };
    }
    const headers = { "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" };
    if (reply.type !== undefined) headers["Content-Type"] = reply.type;
    response.writeHead(reply.status, headers).end(reply.bytes);
  });

  server.on("upgrade", (request, socket) => {
    const url = new URL(request.url, "http://mock");
    const match = /^\/live\/([^/]+)\/(\d+)\/(main|sub|third)\/ws$/.exec(url.pathname);
    const stream = match === null ? null : `${decodeURIComponent(match[1])}/${match[2]}/${match[3]}`;
    if (stream === null || liveTokens.get(url.searchParams.get("token"))?.stream !== stream) {
      return socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    }
    const [, id, , profile] = match;
    watch(accept(request, socket), find(id), profile);
  });

  function watch(connection, device, profile) {
    if (!["online", "degraded"].includes(device.state)) {
      connection.text({ type: "error", code: "device.offline", detail: `the device is ${device.state}` });
      return connection.close(1011);
    }
    connection.stream = `${device.id}/1/${profile}`;
    viewers.add(connection);
    let drop = null;
    const stop = liveVideo(profile, {
      init(mime, bytes) {
        connection.text({ type: "init", mime: isH265(device, profile) ? 'video/mp4; codecs="hvc1.1.6.L93.B0"' : mime });
        connection.binary(bytes);
      },
      fragment: (bytes) => connection.binary(bytes),
      end: () => connection.close(1001),
    }, device.id.startsWith("audio"));
    if (device.id.endsWith("5")) {
      drop = setTimeout(() => {
        connection.text({ type: "error", code: "media.stalled", detail: "no frame for 10 s" });
        connection.close(1011);
      }, 6_000);
    }
    connection.onGone(() => {
      clearTimeout(drop);
      viewers.delete(connection);
      stop();
    });
  }

  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const close = () => {
        events.close();
        for (const connection of viewers) connection.close(1001);
        server.closeAllConnections();
        server.close();
      };
      resolve({ url: `http://127.0.0.1:${server.address().port}`, token, close, fleet, events, enter, ptz: manage.ptz, ledger, sinks });
    });
  });
}

// `h265-1` has an H.264 sub stream beside it, `h265-only` has none.
function isH265(device, profile) {
  return device.id.startsWith("h265") && (profile === "main" || device.id.includes("only"));
}

function fileAnswer(path) {
  const file = join(dist, normalize(path === "/" ? "/index.html" : path));
  if (!file.startsWith(dist) || !existsSync(file)) throw new Problem(404, "api.not_found");
  return { status: 200, type: types[extname(file)] ?? "application/octet-stream", bytes: readFileSync(file) };
}

// Something happens all the time: moves and alarms.
function beLively(mock) {
  const devices = [...mock.fleet.values()];
  const any = () => devices[Math.floor(Math.random() * devices.length)];
  setInterval(() => mock.enter(any(), Math.random() < 0.7 ? "online" : states[Math.floor(Math.random() * states.length)]), 300);
  setInterval(() => {
    const device = any();
    mock.ledger.raise({ device: device.id, state: "start", description: "Motion alarm" });
  }, 900);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const option = (name, otherwise) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(process.argv[at + 1]);
  };
  const mock = await startMock({
    port: option("port", 8080),
    devices: option("devices", 24),
    healthy: process.argv.includes("--healthy"),
  });
  console.log(`${mock.url}/#token=${mock.token}`);
  if (process.argv.includes("--lively")) beLively(mock);
}
