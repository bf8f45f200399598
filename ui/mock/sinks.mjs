// The mock's sinks, in every state, and the health of streams that somebody watches.

export function makeSinks({ Problem, fleet, viewing }) {
  const sinks = new Map();
  const parked = new Map();
  const secretNames = ["secret", "token", "password"];
  const ago = (ms) => new Date(Date.now() - ms).toISOString();
  const usual = { enabled: true, paused: false, declared: false, secrets: [], filter: { devices: [], tags: [], types: [], channels: [] }, reason: null, reason_text: "", detail: "", cursor: 100_000, newest: 100_000, pending: 0, delivered: 0, retries: 0, parked: 0, last_delivery: null, next_attempt: null, replay: null, revision: 1 };
  const put = (fields) => sinks.set(fields.id, { ...usual, ...fields });
  put({ id: "hook-1", kind: "webhook", url: "https://alarms.example/events", batch: 1, connections: 8, timeout_s: 10, payload: false, secrets: ["secret"], state: "delivering", pending: 12, delivered: 99_870, last_delivery: ago(900) });
  put({ id: "bus", kind: "kafka", brokers: "kafka-1:9092", topic: "camfleet.events", security: "sasl_ssl", sasl_mechanism: "PLAIN", username: "camfleet", compression: "none", payload: false, secrets: ["password"], declared: true, state: "refused", reason: "sink.refused", detail: "Broker: Topic authorization failed", pending: 4_200, delivered: 95_000, last_delivery: ago(7_200_000), next_attempt: ago(-240_000) });
  put({ id: "mqtt-hall", kind: "mqtt", url: "mqtts://broker.example:8883", topic: "camfleet/{device}/{channel}/{type}", version: 5, in_flight: 50, payload: false, state: "retrying", reason: "sink.unreachable", detail: "connection refused", pending: 310, delivered: 4_000, last_delivery: ago(60_000), next_attempt: ago(-23_000) });
  put({ id: "archive", kind: "file", path: "events.jsonl", rotate_mib: 256, rotate_daily: true, keep: 0, payload: true, state: "paused", paused: true, pending: 44_000, delivered: 56_000, last_delivery: ago(86_400_000) });
  parked.set("hook-1", [5, 9].map((seq) => ({ seq, id: `ev${String(seq).padStart(24, "0")}/start`, device: [...fleet.keys()][seq] ?? "", reason: "sink.rejected", detail: "HTTP 422: <b>no such site</b>", tries: 3, at: ago(3_600_000) })));

  const texts = { "sink.refused": ["The sink refuses us: login, right or topic.", "投递目标拒绝访问（认证、权限或主题）。"], "sink.unreachable": ["The sink cannot be reached.", "无法连接投递目标。"], "sink.rejected": ["The sink does not take this event.", "投递目标不接受该事件。"] };
  const text = (code, language) => texts[code]?.[language === "zh" ? 1 : 0] ?? "";
  const shown = (sink, language) => ({ ...sink, reason_text: text(sink.reason, language), parked: parked.get(sink.id)?.length ?? 0 });
  const find = (id) => {
    const sink = sinks.get(decodeURIComponent(id));
    if (sink === undefined) throw new Problem(404, "sink.unknown", id);
    return sink;
  };
  function apply(sink, body) {
    for (const [name, value] of Object.entries(body)) {
      if (secretNames.includes(name)) sink.secrets = [...new Set([...sink.secrets, name])].filter((each) => each !== name || value !== null);
      else if (value === null) delete sink[name];
      else sink[name] = value;
    }
  }
  function add({ body, language }) {
    if (sinks.has(body.id)) throw new Problem(409, "sink.exists", body.id);
    const { start: _start, ...fields } = body;
    const sink = { ...structuredClone(usual), state: "idle" };
    apply(sink, fields);
    sinks.set(sink.id, sink);
    return { status: 201, body: shown(sink, language) };
  }
  function edit(sink, { body, request, language }) {
    const tag = request.headers["if-match"];
    if (tag !== undefined && tag !== `"${sink.revision}"`) throw new Problem(412, "api.precondition_failed", `it is at "${sink.revision}"`);
    apply(sink, body);
    sink.revision += 1;
    return shown(sink, language);
  }
  function ask(sink, what, { language }) {
    if (what === "test") {
      if (sink.reason !== null) throw new Problem(502, sink.reason, sink.detail);
      return { status: 204 };
    }
    sink.paused = what === "pause";
    sink.state = sink.paused ? "paused" : "idle";
    return shown(sink, language);
  }
  function settle(id, seq) {
    const list = parked.get(find(id).id) ?? [];
    const at = list.findIndex((each) => each.seq === Number(seq));
    if (at < 0) throw new Problem(404, "events.unknown", "is not parked here");
    list.splice(at, 1);
    return { status: 204 };
  }
  function replay(sink, { language }) {
    sink.replay = { running: true, delivered: 40, failed: 0, at: 40, until: 900 };
    return { status: 202, body: shown(sink, language) };
  }
  // What is watched comes in well, but for two that are there to be looked at.
  function streams({ url }) {
    const device = url.searchParams.get("device");
    const row = (stream, state, reason, health, viewers) => ({ stream, device: stream.split("/")[0], state, reason, viewers, bytes: 1, dropped: 0, started: ago(60_000), last_frame: ago(40), video: "h264", width: 1280, height: 720, audio: null, audio_note: null, health });
    const well = { packets: 90_000, lost: 0, jitter_ms: 1.7, fps: 25, declared_fps: 25, gop_frames: 50, kbps: 4_096, frame_age_ms: 40 };
    const items = viewing(device).map((stream) => row(stream, "live", null, well, 1));
    if (device === "cam-0004") items.push(row("cam-0004/1/sub", "live", "media.quiet", { ...well, fps: 0, kbps: 0, frame_age_ms: 6_100 }, 2), row("cam-0004/1/third", "reconnecting", "media.stalled", { ...well, fps: 0, kbps: 0, lost: 1_200, frame_age_ms: 21_000 }, 1));
    return { items, next: null };
  }

  const routes = [
    ["GET", /^\/api\/v1\/streams$/, (_, call) => streams(call)],
    ["GET", /^\/api\/v1\/sinks$/, (_, { language }) => ({ items: [...sinks.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map((each) => shown(each, language)), next: null })],
    ["POST", /^\/api\/v1\/sinks$/, (_, call) => add(call)],
    ["GET", /^\/api\/v1\/sinks\/([^/]+)$/, ([id], { language }) => shown(find(id), language)],
    ["PATCH", /^\/api\/v1\/sinks\/([^/]+)$/, ([id], call) => edit(find(id), call)],
    ["DELETE", /^\/api\/v1\/sinks\/([^/]+)$/, ([id]) => void sinks.delete(find(id).id)],
    ["POST", /^\/api\/v1\/sinks\/([^/]+)\/(pause|resume|test)$/, ([id, what], call) => ask(find(id), what, call)],
    ["POST", /^\/api\/v1\/sinks\/([^/]+)\/replay$/, ([id], call) => replay(find(id), call)],
    ["GET", /^\/api\/v1\/sinks\/([^/]+)\/parked$/, ([id], { language }) => ({ items: (parked.get(find(id).id) ?? []).map((each) => ({ ...each, reason_text: text(each.reason, language) })), next: null })],
    ["POST", /^\/api\/v1\/sinks\/([^/]+)\/parked\/(\d+)\/retry$/, ([id, seq]) => settle(id, seq)],
    ["DELETE", /^\/api\/v1\/sinks\/([^/]+)\/parked\/(\d+)$/, ([id, seq]) => settle(id, seq)],
  ];
  return { routes, sinks, parked };
}
