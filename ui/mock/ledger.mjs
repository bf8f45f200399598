// The mock's ledger: a hundred thousand entries that are made when somebody looks at them, and those that are raised since. Blind
// intervals follow the states of the devices.

const types = [
  ["vmd", "Motion", "移动侦测"],
  ["linedetection", "Line crossing", "越界侦测"],
  ["fielddetection", "Intrusion", "区域入侵"],
  ["shelteralarm", "Camera covered", "遮挡报警"],
  ["io", "Alarm input", "报警输入"],
  ["camfleet.device", "State of the device", "设备状态"],
  ["camfleet.blind", "Blind", "盲区"],
];
const blindReasons = {
  connecting: ["blind.link_down", "There was no connection to the device.", "与设备的连接中断。"],
  waiting: ["blind.link_down", "There was no connection to the device.", "与设备的连接中断。"],
  backoff: ["blind.link_down", "There was no connection to the device.", "与设备的连接中断。"],
  rejected: ["blind.not_armed", "The alarm channel was not armed.", "报警通道未布防。"],
  locked: ["blind.not_armed", "The alarm channel was not armed.", "报警通道未布防。"],
  disabled: ["blind.disabled", "The device was switched off by an operator.", "设备已被操作员停用。"],
};
const old = 100_000;
const stepMs = 9_000;

export function makeLedger({ fleet, events, Problem }) {
  const began = Date.now() - old * stepMs;
  const raised = [];
  const deaf = new Map(); // online and blind all the same, by device: [from, reason, ...]
  let ids = null;

  function entry(seq) {
    if (seq > old) return raised[seq - old - 1];
    ids ??= [...fleet.keys()];
    const number = Math.ceil(seq / 3);
    const state = ["start", "update", "end"][(seq - 1) % 3];
    const event = `ev${String(number).padStart(24, "0")}`;
    const at = began + seq * stepMs;
    const started = began + (number * 3 - 2) * stepMs;
    return {
      seq,
      id: state === "update" ? `${event}/update/1` : `${event}/${state}`,
      event,
      state,
      device: ids[(number * 7) % ids.length],
      channel: 1,
      type: types[number % 5][0],
      detail: `region ${number % 4}`,
      description: `alarm ${String(number).padStart(6, "0")}`,
      target: number % 3 === 0 ? "human" : "",
      source: "isapi.stream",
      device_time: new Date(started - 47_000).toISOString().replace("Z", "+08:00"),
      happened: time(started - 200),
      started: time(started),
      received: time(at),
      count: state === "start" ? 1 : 12,
      inferred: state === "end" && number % 5 === 0,
      replayed: false,
      pictures: number % 4 === 0 && state === "start" ? [{ id: `p${number}`, content_type: "image/jpeg", size: 12_000, url: `/api/v1/events/pictures/p${number}` }] : [],
    };
  }
  const time = (ms) => new Date(ms).toISOString();
  const newest = () => old + raised.length;
  const named = (each, language) => ({ ...each, type_text: each.type_text ?? typeText(each.type, language) });
  const typeText = (type, language) => types.find(([name]) => name === type)?.[language === "zh" ? 2 : 1] ?? (language === "zh" ? "报警" : "Alarm");

  function list({ url, language }) {
    const want = Object.fromEntries(["device", "channel", "type", "state", "from", "to"].map((name) => [name, url.searchParams.get(name)]));
    const limit = Number(url.searchParams.get("limit") ?? 100);
    const items = [];
    let seq = Number(url.searchParams.get("cursor") ?? newest() + 1) - 1;
    for (; seq > 0 && items.length < limit; --seq) {
      const each = entry(seq);
      if (want.from !== null && each.received < want.from) return { items, next: null };
      if (want.to !== null && each.received >= want.to) continue;
      if (["device", "channel", "type", "state"].every((name) => want[name] === null || String(each[name]) === want[name])) items.push(named(each, language));
    }
    return { items, next: seq > 0 ? String(seq + 1) : null };
  }
  function story(event, language) {
    const number = Number(event.slice(2));
    const entries = event.startsWith("ev0") ? [0, 1, 2].map((i) => entry(number * 3 - 2 + i)) : raised.filter((each) => each.event === event);
    if (entries.length === 0 || entries.some((each) => each === undefined)) throw new Problem(404, "events.unknown");
    const payload = entries[0].payload ?? `<EventNotificationAlert version="2.0">\n<eventType>${entries[0].type}</eventType>\n<script>alert(1)</script>\n</EventNotificationAlert>`;
    return { ...named(entries[0], language), payload, payload_cut: false, entries: entries.map((each) => named(each, language)) };
  }
  // Commits an entry and rings the stream. What is not given is made up.
  function raise(fields = {}) {
    const seq = newest() + 1;
    const event = fields.event ?? `new${String(seq).padStart(23, "0")}`;
    const state = fields.state ?? "pulse";
    const received = time(Date.now());
    const made = { seq, id: `${event}/${state}`, event, state, device: [...fleet.keys()][0], channel: 1, type: "vmd", detail: "", description: "", target: "", source: "isapi.stream", device_time: received, happened: received, started: received, received, count: 1, inferred: false, replayed: false, pictures: [], ...fields };
    raised.push(made);
    const { pictures: _pictures, payload: _payload, ...told } = made;
    events.tell("alarm", { ...told, type_text: made.type_text ?? typeText(made.type, "en") });
    return made;
  }

  function blindNow(device) {
    if (deaf.has(device.id)) return deaf.get(device.id);
    const why = blindReasons[device.state];
    return why === undefined ? null : [device.since, ...why];
  }
  const interval = (device, [from, reason, en, zh], to, language) => ({ device, from, to, reason, text: language === "zh" ? zh : en, seconds: Math.round(((to === null ? Date.now() : Date.parse(to)) - Date.parse(from)) / 1000) });
  function blind({ url, language }) {
    const only = url.searchParams.get("device");
    const limit = Number(url.searchParams.get("limit") ?? 100);
    const open = url.searchParams.get("open");
    const items = [];
    for (const device of fleet.values()) {
      if (only !== null && device.id !== only) continue;
      const why = blindNow(device);
      if (why !== null && open !== "false") items.push(interval(device.id, why, null, language));
    }
    if (open !== "true") {
      for (const id of [...fleet.keys()].slice(0, 300)) {
        if (only === null || only === id) items.push(interval(id, [time(Date.now() - 7_400_000), ...blindReasons.backoff], time(Date.now() - 7_200_000), language));
      }
    }
    return { items: items.slice(0, limit), next: null };
  }
  function account({ url }) {
    const only = url.searchParams.get("device");
    const ids = [...fleet.keys()].filter((id) => only === null || id === only).sort();
    const items = ids.map((device, i) => ({
      device,
      seen: 33 + (i % 50),
      stored: 30,
      states: { start: 10, update: 10, end: 10 },
      blind_seconds: i % 3 === 0 ? 120 : 0,
      blind: i % 3 === 0 ? { "blind.link_down": 120 } : {},
      sinks: [{ sink: "hook-1", delivered: i === 4 ? 26 : 28, parked: i === 4 ? 2 : 0, pending: 2 }],
    }));
    return { items, ledger: { code: "ok", text: "", detail: "", newest: newest(), oldest: 1, queued: 0, bytes: 48_300_000, open: 3, blind_devices: 0 } };
  }

  const routes = (find, snapshot) => [
    ["GET", /^\/api\/v1\/events$/, (_, call) => list(call)],
    ["GET", /^\/api\/v1\/events\/types$/, (_, { language }) => ({ items: types.map(([type]) => ({ type, text: typeText(type, language) })), next: null })],
    ["GET", /^\/api\/v1\/events\/account$/, (_, call) => account(call)],
    ["GET", /^\/api\/v1\/events\/pictures\/([^/]+)$/, () => snapshot("sub")],
    ["GET", /^\/api\/v1\/events\/([^/]+)$/, ([id], { language }) => story(decodeURIComponent(id), language)],
    ["GET", /^\/api\/v1\/blind$/, (_, call) => blind(call)],
  ];
  return { routes, raise, deaf };
}
