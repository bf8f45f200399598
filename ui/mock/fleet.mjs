// Invented devices: some in every state, or all online.

export const reasons = {
  online: ["fleet.connected", "Logged in, and the alarm channel is armed.", "已登录，报警通道已布防。", ""],
  degraded: ["device.clock_off", "The clock of the device is wrong.", "设备时钟不准。", "47 s ahead"],
  connecting: ["fleet.admitted", "Admission gave a slot.", "已获得连接名额。", ""],
  waiting: ["fleet.retry_due", "The next attempt is due.", "已到下次尝试时间。", ""],
  backoff: ["net.unreachable", "The host or network cannot be reached.", "主机或网络不可达。", "connect: no route to host"],
  rejected: ["device.bad_credentials", "The device refuses the user name or password.", "设备拒绝该用户名或密码。", "3 attempts left"],
  locked: ["device.locked", "The device has locked the account or our address.", "设备已锁定账号或本机地址。", "unlocks in 28 min"],
  disabled: ["fleet.operator", "An operator asked for it.", "操作员请求。", ""],
};
const places = ["North gate", "Loading dock", "Hall", "Car park", "Stairwell", "Server room", "Roof", "仓库东门"];
const models = ["DS-2CD2143G2-I", "DS-2CD2T47G2-L", "DS-2DE4425IW-DE", "DS-2CD2347G2-LU"];
export const states = Object.keys(reasons);

const time = (msAgo) => new Date(Date.now() - msAgo).toISOString();

export function makeFleet({ count, healthy }) {
  const fleet = new Map();
  for (let i = 0; i < count; ++i) {
    const troubled = !healthy && i % 3 === 1;
    const state = troubled ? states[1 + (Math.floor(i / 3) % (states.length - 1))] : "online";
    const device = makeDevice(i, state);
    fleet.set(device.id, device);
  }
  return fleet;
}

function makeDevice(i, state) {
  const nvr = i % 8 === 6;
  const place = places[i % places.length];
  const known = state !== "waiting" && state !== "rejected";
  const since = 20_000 + ((i * 7919) % 400) * 97_000;
  const device = {
    id: `${nvr ? "nvr" : "cam"}-${String(i + 1).padStart(4, "0")}`,
    name: `${place} ${Math.floor(i / places.length) + 1}`,
    drivers: ["hikvision"],
    address: `10.${20 + (i >> 16)}.${(i >> 8) & 255}.${(i & 255) + 1}`,
    http_port: 80,
    rtsp_port: 554,
    username: "admin",
    has_password: true,
    tags: [i % 2 === 0 ? "outdoor" : "indoor", `floor ${i % 5}`],
    enabled: state !== "disabled",
    always_on: false,
    revision: 1,
    events: (i * 31) % 97,
    facts: known
      ? {
          kind: nvr ? "NVR" : "IPC",
          model: nvr ? "DS-7616NXI-K2" : models[i % models.length],
          serial: `${nvr ? "DS-7616NXI" : "DS-2CD2143"}20230511AAWR${String(100000000 + i * 7)}`,
          mac: `c4:2f:90:00:${((i >> 8) & 255).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`,
          firmware: "V5.7.3 build 220315",
          clock_offset_ms: state === "degraded" ? 47_210 : 120,
        }
      : null,
    channels: known ? Array.from({ length: nvr ? 16 : 1 }, (_, n) => makeChannel(n + 1, nvr)) : [],
    history: [],
  };
  enter(device, "waiting", since + 2_400);
  enter(device, "connecting", since + 900);
  enter(device, state, since);
  return device;
}

function makeChannel(number, nvr) {
  return {
    number,
    name: nvr ? `Camera ${String(number).padStart(2, "0")}` : "",
    online: !nvr || number !== 11,
    ptz: !nvr,
    profiles: [
      { profile: "main", codec: "h264", width: 1280, height: 720, fps: 25, bitrate_kbps: 1024 },
      { profile: "sub", codec: "h264", width: 352, height: 288, fps: 25, bitrate_kbps: 256 },
    ],
  };
}

export function enter(device, state, msAgo = 0) {
  const [reason, , , detail] = reasons[state];
  const at = time(msAgo);
  Object.assign(device, { state, reason, detail, since: at, attempts: state === "backoff" ? 4 : 1 });
  device.next_attempt = state === "backoff" ? time(-41_000) : state === "locked" ? time(-1_700_000) : null;
  device.last_heard = ["online", "degraded"].includes(state) ? time(1_000) : state === "disabled" ? null : time(msAgo + 60_000);
  device.history.push({ to: state, reason, detail, at });
  if (device.history.length > 32) device.history.shift();
}

// As the API shows it; the history only for one device.
export function shown(device, language, whole) {
  const { history, ...rest } = device;
  const reason_text = reasons[device.state][language === "zh" ? 2 : 1];
  const last_heard = ["online", "degraded"].includes(device.state) ? time(1_500) : device.last_heard;
  // The attempt that was announced comes round again, so that the page has something to count down.
  const due = device.next_attempt !== null && Date.parse(device.next_attempt) < Date.now();
  if (due) device.next_attempt = time(-41_000);
  return { ...rest, next_attempt: device.next_attempt, last_heard, reason_text, ...(whole ? { history } : {}) };
}

export function addDevice(fleet, spec) {
  const device = makeDevice(fleet.size, "connecting");
  const id = spec.id || `cam-${fleet.size + 1}-new`;
  const { password: _password, ...rest } = spec;
  Object.assign(device, rest, { id, name: spec.name ?? "", address: spec.address ?? "", tags: spec.tags ?? [] });
  device.history = [];
  enter(device, spec.enabled === false ? "disabled" : "waiting");
  fleet.set(id, device);
  return device;
}
