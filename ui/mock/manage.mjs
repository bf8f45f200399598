// The mock's operator work: changes of devices, imports, tokens, what was found on the network. Answers have the shapes of
// openapi.yaml and just enough behaviour for the console to be looked at.

import { randomBytes } from "node:crypto";

export function makeManage({ fleet, events, Problem, enter, later, shown, addDevice, reasons }) {
  const tokens = new Map();
  const ptz = [];
  const found = [
    { key: "mac-4419b6000011", via: "both", address: "10.20.9.7", address_allowed: true, name: "", model: "DS-2CD2146G2-ISU", serial: "DS-2CD2146G2-ISU20240101AAWR000011", mac: "44:19:b6:00:00:11", activated: true, known: null, reason: null, suggest: { id: "ds-2cd2146g2-isu-000011", drivers: ["hikvision"], address: "10.20.9.7", sdk_port: 8000 } },
    { key: "mac-4419b6000012", via: "sadp", address: "10.20.9.8", address_allowed: true, name: "<img src=x onerror=alert(1)>", model: "DS-7616NXI-K2", serial: "S2", mac: "44:19:b6:00:00:12", activated: false, known: null, reason: null, reason_text: null, suggest: { id: "nvr-new", drivers: ["hikvision"], address: "10.20.9.8" } },
    { key: "mac-4419b6000013", via: "wsd", address: "10.20.0.1", address_allowed: true, name: "North gate", model: "DS-2CD2143G2-I", known: "cam-0001", suggest: null },
  ];

  function changed(device) {
    device.revision += 1;
    events.tell("changed", { device: device.id });
  }
  function checkMatch(device, request) {
    const tag = request.headers["if-match"];
    if (tag !== undefined && tag !== "*" && tag !== `"${device.revision}"`) throw new Problem(412, "api.precondition_failed", `it is at "${device.revision}"`);
  }
  function apply(device, patch) {
    const { add_tags = [], remove_tags = [], password, accept_identity: _accept, ...rest } = patch;
    const before = JSON.stringify([device.name, device.tags, device.address, device.enabled, device.username]);
    for (const [name, value] of Object.entries(rest)) {
      if (value === null) delete device[name];
      else device[name] = value;
    }
    device.name ??= "";
    device.tags = [...new Set([...(device.tags ?? []), ...add_tags])].filter((tag) => !remove_tags.includes(tag));
    if (password) later(device);
    if (before !== JSON.stringify([device.name, device.tags, device.address, device.enabled, device.username])) changed(device);
    return device;
  }
  function switched(device, on) {
    device.enabled = on;
    changed(device);
    if (on) later(device);
    else enter(device, "disabled");
  }
  function chosen(body) {
    return (body.where?.ids ?? []).map((id) => fleet.get(id)).filter(Boolean);
  }
  function bulk({ body }) {
    const items = chosen(body).map((device) => {
      const { patch = {} } = body;
      const off = patch.enabled !== undefined && patch.enabled === device.enabled;
      const tags = patch.add_tags?.length || patch.remove_tags?.length;
      const effect = off ? "none" : patch.enabled === true ? "enabled" : patch.enabled === false ? "disabled" : body.password ? "reconnected" : tags ? "edited" : "none";
      if (body.dry_run !== true && effect !== "none") {
        if (patch.enabled !== undefined) switched(device, patch.enabled);
        apply(device, { ...patch, enabled: device.enabled, password: body.password });
      }
      return { id: device.id, effect };
    });
    const unchanged = items.filter((each) => each.effect === "none").length;
    return { dry_run: body.dry_run === true, total: items.length, changed: items.length - unchanged, unchanged, failed: 0, items };
  }

  // A CSV of the simplest kind.
  function importFile({ url, text }) {
    const [head = "", ...lines] = text.trim().split(/\r?\n/);
    const names = head.split(",");
    if (!names.includes("address") && !names.includes("id")) throw new Problem(422, "import.unreadable", "no column that names a device");
    const dry = url.searchParams.get("dry_run") === "true";
    const seen = new Set();
    const items = lines.map((line, i) => {
      const row = Object.fromEntries(line.split(",").map((value, column) => [names[column], value]));
      const base = { row: i + 1, line: i + 2, id: row.id || null, name: row.name ?? "", address: row.address ?? "" };
      if (!/^[\d.]+$/.test(row.address ?? "")) return { ...base, action: "error", errors: [{ column: "address", code: "device.invalid", title: "The value is not valid.", detail: row.address ?? "" }] };
      const old = fleet.get(row.id);
      if (old !== undefined) seen.add(old.id);
      if (old === undefined) return { ...base, action: "add", spec: row };
      const changes = ["name", "address"].filter((field) => row[field] && row[field] !== old[field]).map((field) => ({ field, before: old[field], after: row[field] }));
      return { ...base, action: changes.length > 0 ? "change" : "same", changes, spec: row };
    });
    if (url.searchParams.get("prune") === "true") {
      for (const device of fleet.values()) {
        if (!seen.has(device.id)) items.push({ row: null, line: null, action: "remove", id: device.id, name: device.name, address: device.address });
      }
    }
    const counts = { add: 0, change: 0, same: 0, remove: 0, error: 0 };
    for (const each of items) ++counts[each.action];
    const refused = url.searchParams.get("all_or_nothing") === "true" && counts.error > 0 ? { code: "import.refused", title: "Nothing was applied.", detail: `${counts.error} rows in error` } : null;
    if (!dry && refused === null) {
      for (const each of items) {
        if (each.action === "add") {
          const device = addDevice(fleet, { ...each.spec, drivers: ["hikvision"], tags: (each.spec.tags ?? "").split(";").filter(Boolean) });
          events.tell("added", { device: device.id });
          later(device);
        } else if (each.action === "change") apply(fleet.get(each.id), { name: each.spec.name, address: each.spec.address });
        else if (each.action === "remove") {
          fleet.delete(each.id);
          events.tell("removed", { device: each.id });
        }
      }
    }
    return { dry_run: dry, applied: !dry && refused === null, refused, format: "csv", encoding: "utf-8", separator: ",", rows: lines.length, counts, items: items.map(({ spec: _spec, ...rest }) => rest) };
  }

  function explain(device, language) {
    const { history: _history, ...rest } = shown(device, language, true);
    const advice = { rejected: ["fix_password", "Give the right user name and password; the device is tried at once."], locked: ["unlock_on_device", "Unlock the account on the device, or restart the device; else just wait."], backoff: ["fix_address", "Correct the address or the ports of the device."], disabled: ["enable", "Switch the device on."], degraded: ["set_clock", "Set the clock of the device, best by NTP."] }[device.state];
    return {
      id: device.id,
      state: device.state,
      code: device.reason,
      what: "",
      why: `${rest.reason_text} ${device.detail}`.trim(),
      since: device.since,
      attempts: device.attempts,
      attempts_left: device.state === "rejected" ? 0 : null,
      next: rest.next_attempt === null ? null : { action: "retry", text: "", at: rest.next_attempt, in_s: 41 },
      operator: advice === undefined ? [{ action: "wait", text: "Nothing needs to be done.", how: "" }] : [{ action: advice[0], text: advice[1], how: "" }],
      history: [],
    };
  }

  function channelsOf({ url }) {
    const q = (url.searchParams.get("q") ?? "").toLowerCase();
    const limit = Number(url.searchParams.get("limit") ?? 100);
    const items = [];
    for (const device of fleet.values()) {
      for (const channel of device.channels) {
        if (items.length === limit) return { items, next: "more", cursor: events.cursor() };
        if (q === "" || `${device.id}\n${device.name}\n${channel.name}`.toLowerCase().includes(q)) items.push({ device: device.id, device_name: device.name, device_state: device.state, ...channel });
      }
    }
    return { items, next: null, cursor: events.cursor() };
  }

  function makeToken({ body }) {
    if (!body.name) throw new Problem(400, "api.bad_request", "name: needed");
    const id = randomBytes(4).toString("hex");
    const token = { id, name: body.name, role: body.role, created_at: new Date().toISOString(), expires_at: body.ttl_s ? new Date(Date.now() + body.ttl_s * 1000).toISOString() : null, last_used_at: null, scope: body.scope ?? null };
    tokens.set(id, token);
    return { status: 201, body: { ...token, token: `cft_${randomBytes(36).toString("hex")}` } };
  }

  const now = () => new Date().toISOString();
  const routes = (find) => [
    ["PATCH", /^\/api\/v1\/devices\/([^/]+)$/, ([id], { body, request, language }) => (checkMatch(find(id), request), shown(apply(find(id), body), language, true))],
    ["GET", /^\/api\/v1\/devices\/([^/]+)\/explain$/, ([id], { language }) => explain(find(id), language)],
    ["POST", /^\/api\/v1\/devices\/([^/]+)\/(enable|disable)$/, ([id, how], { language }) => (switched(find(id), how === "enable"), shown(find(id), language, true))],
    ["POST", /^\/api\/v1\/devices\/([^/]+)\/channels\/(\d+)\/ptz$/, ([id, channel], { body }) => (ptz.push({ device: find(id).id, channel: Number(channel), ...body, at: Date.now() }), { status: 204 })],
    ["POST", /^\/api\/v1\/devices\/bulk$/, (_, call) => bulk(call)],
    ["POST", /^\/api\/v1\/devices\/credentials$/, (_, call) => bulk(call)],
    ["POST", /^\/api\/v1\/devices\/import$/, (_, call) => importFile(call)],
    ["GET", /^\/api\/v1\/devices\/export$/, () => ({ status: 200, type: "text/csv", bytes: ["id,name,address", ...[...fleet.values()].map((each) => `${each.id},${each.name},${each.address}`)].join("\n") })],
    ["GET", /^\/api\/v1\/channels$/, (_, call) => channelsOf(call)],
    ["GET", /^\/api\/v1\/whoami$/, () => ({ role: "admin", id: "", name: "", expires_at: null })],
    ["GET", /^\/api\/v1\/tokens$/, () => ({ items: [...tokens.values()], next: null })],
    ["POST", /^\/api\/v1\/tokens$/, (_, call) => makeToken(call)],
    ["DELETE", /^\/api\/v1\/tokens\/([^/]+)$/, ([id]) => void tokens.delete(id)],
    ["GET", /^\/api\/v1\/discovered$/, () => ({ items: found.map((each) => ({ ...each, first_seen: now(), last_seen: now(), sightings: 3 })), next: null, discovery: { enabled: true, interfaces: ["eth0"], problem: null } })],
    ["POST", /^\/api\/v1\/discovered\/probe$/, () => ({ status: 202, body: {} })],
  ];
  // The mock's own: what the browser tests look at.
  const reasonsNow = (language) => {
    const lines = new Map();
    for (const { state, reason } of fleet.values()) {
      if (reason !== "fleet.connected") lines.set(`${state} ${reason}`, (lines.get(`${state} ${reason}`) ?? 0) + 1);
    }
    return [...lines].map(([key, count]) => ({ state: key.split(" ")[0], reason: key.split(" ")[1], text: reasons[key.split(" ")[0]][language === "zh" ? 2 : 1], count })).sort((a, b) => b.count - a.count);
  };
  return { routes, ptz, reasonsNow };
}
