// The values of the public API that the console reads; openapi.yaml is their source.

export const states = [
  "online",
  "degraded",
  "connecting",
  "waiting",
  "backoff",
  "rejected",
  "locked",
  "disabled",
] as const;
export type State = (typeof states)[number];

export function isState(text: string): text is State {
  return (states as readonly string[]).includes(text);
}

export type Profile = "main" | "sub" | "third";

export interface Fleet {
  total: number;
  states: Partial<Record<State, number>>;
  summary?: ReasonCount[];
  channels?: number;
  streams?: number;
  viewers?: number;
}

export interface ReasonCount {
  state: State;
  reason: string;
  text?: string;
  count: number;
}

export interface ProfileInfo {
  profile: Profile;
  codec?: string;
  width?: number;
  height?: number;
  fps?: number;
  bitrate_kbps?: number;
  audio?: string;
}

export interface Channel {
  number: number;
  name?: string;
  online?: boolean;
  ptz?: boolean;
  profiles?: ProfileInfo[];
}

// How the vendor's library logs in.
export type SdkLogin = "auto" | "private" | "isapi";

export interface Facts {
  kind?: string;
  model?: string;
  serial?: string;
  mac?: string;
  firmware?: string;
  clock_offset_ms?: number | null;
}

export interface Move {
  to: State;
  reason: string;
  reason_text?: string;
  detail?: string;
  at: string;
}

export interface Device {
  id: string;
  name: string;
  drivers: string[];
  address: string;
  http_port?: number;
  https_port?: number;
  rtsp_port?: number;
  sdk_port?: number;
  sdk_login?: SdkLogin;
  sdk_tls?: boolean;
  username?: string;
  has_password?: boolean;
  url?: string;
  tags?: string[];
  enabled: boolean;
  always_on?: boolean;
  revision?: number;
  state: State;
  reason: string;
  reason_text?: string;
  detail?: string;
  since: string;
  attempts?: number;
  next_attempt?: string | null;
  last_heard?: string | null;
  events?: number;
  facts?: Facts | null;
  channels: Channel[];
  history?: Move[];
}

// What the fleet's pages know of each device: of ten thousand no more than they show.
export type Summary = Pick<Device, "id" | "name" | "drivers" | "address" | "state" | "reason" | "since"> & {
  tags?: string[];
  url?: string;
  detail?: string;
  facts?: Pick<Facts, "model" | "serial" | "kind"> | null;
};
export const summaryFields = "id,name,drivers,address,url,tags,state,reason,detail,since,facts";

export interface DeviceSpec {
  id?: string;
  name?: string;
  drivers?: string[];
  address?: string;
  http_port?: number;
  https_port?: number;
  rtsp_port?: number;
  sdk_port?: number;
  sdk_login?: SdkLogin;
  sdk_tls?: boolean;
  username?: string;
  password?: string;
  url?: string;
  tags?: string[];
  enabled?: boolean;
  always_on?: boolean;
}

// A merge patch: null gives a field its default back.
export type DevicePatch = { [K in keyof Omit<DeviceSpec, "id">]?: DeviceSpec[K] | null } & {
  add_tags?: string[];
  remove_tags?: string[];
  accept_identity?: boolean;
};

export interface BulkReport {
  dry_run: boolean;
  total: number;
  changed: number;
  unchanged: number;
  failed: number;
  items: { id: string; effect?: string; code?: string; title?: string; detail?: string }[];
}

export interface Explanation {
  what: string;
  why: string;
  code: string;
  attempts_left: number | null;
  next: { action: string; text: string; at: string | null; in_s: number | null } | null;
  operator: { action: string; text: string; how: string }[];
}

export interface Page<T> {
  items: T[];
  next: string | null;
  cursor?: string;
  total?: number;
}

// A channel of any device, as GET /channels lists them.
export interface FleetChannel extends Channel {
  device: string;
  device_name?: string;
  device_state?: State;
}

export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

export interface Whoami {
  role: Role;
  id: string;
  name: string;
  expires_at: string | null;
  scope?: Scope | null;
}

// To which devices a token is limited: those with any of the tags, and those that are named.
export interface Scope {
  tags?: string[];
  devices?: string[];
}

export interface ApiToken {
  id: string;
  name: string;
  role: Role;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  scope?: Scope | null;
}

export interface LiveTokenRow {
  id: string;
  stream: string;
  issuer: string;
  expires_at: string;
}

export interface Discovered {
  key: string;
  via: string;
  address: string;
  address_allowed: boolean;
  address_shared?: boolean;
  name?: string;
  model?: string;
  serial?: string;
  mac?: string;
  firmware?: string;
  activated?: boolean | null;
  last_seen: string;
  gone?: boolean;
  known: string | null;
  moved_from?: string | null;
  reason?: string | null;
  reason_text?: string | null;
  suggest: DeviceSpec | null;
}

export interface Discovery {
  enabled: boolean;
  interfaces?: string[];
  last_probe?: string | null;
  problem?: string | null;
  problem_text?: string | null;
}

export const importActions = ["add", "change", "same", "remove", "error"] as const;
export type ImportAction = (typeof importActions)[number];

export interface ImportItem {
  row: number | null;
  line: number | null;
  action: ImportAction;
  id: string | null;
  name: string;
  address: string;
  changes?: { field: string; before?: string; after?: string; changed?: true }[];
  errors?: { column?: string | null; code?: string; title?: string; detail?: string }[];
  warnings?: { column?: string | null; detail?: string }[];
}

export interface ImportReport {
  dry_run: boolean;
  applied: boolean;
  refused: { code: string; title: string; detail: string } | null;
  format: string;
  encoding: string;
  separator?: string;
  rows: number;
  counts: Record<ImportAction, number>;
  items: ImportItem[];
}

export const eventStates = ["start", "update", "end", "pulse"] as const;
export type EventState = (typeof eventStates)[number];

export interface EventPicture {
  id: string;
  content_type?: string;
  size?: number;
}

// One entry of the ledger: a state of an event. `event` is the same in all of them, `id` is the entry's own.
export interface LedgerEntry {
  seq: number;
  id: string;
  event: string;
  state: EventState;
  device: string | null;
  channel: number | null;
  type: string;
  type_text?: string;
  detail?: string;
  description?: string;
  target?: string;
  source?: string;
  device_time?: string | null;
  happened?: string | null;
  started?: string | null;
  received: string;
  count?: number;
  inferred?: boolean;
  replayed?: boolean;
  pictures?: EventPicture[];
}

// An event with all that the ledger has of it.
export interface EventStory extends LedgerEntry {
  payload?: string | null;
  payload_cut?: boolean;
  entries?: (LedgerEntry & { payload?: string | null; payload_cut?: boolean })[];
}

export interface EventType {
  type: string;
  text?: string;
}

// A time in which an alarm of the device could not have reached us; `to` is null while it goes on.
export interface BlindInterval {
  device: string;
  from: string;
  to: string | null;
  reason: string;
  text?: string;
  detail?: string;
  seconds?: number;
}

// What became of the events of one device in a time: reports, entries of the ledger, and those at each sink.
export interface AccountLine {
  device: string;
  // Reports that the entries stand for.
  seen: number;
  stored: number;
  states?: Partial<Record<EventState, number>>;
  sinks?: { sink: string; delivered: number; parked: number; pending: number }[];
  blind_seconds?: number;
}

export interface Account {
  items: AccountLine[];
  // How the ledger is; nothing for who sees a part of the fleet alone.
  ledger?: { code: string; text?: string; detail?: string; newest: number; oldest: number; queued: number; bytes: number; open: number; blind_devices?: number };
}

export interface StreamEvent {
  id: string;
  type: string;
  device?: string;
  from?: State;
  to?: State;
  reason?: string;
  text?: string;
  detail?: string;
  at?: string;
  cause?: string;
}

// How a camera is to move: percent of its full speed; right, up and closer are positive.
export interface PtzMove {
  pan: number;
  tilt: number;
  zoom: number;
  stop_after_ms?: number;
}

export interface LiveToken {
  id: string;
  token: string;
  stream?: string;
  expires_at: string;
  urls: { rtsp?: string; mp4?: string; flv?: string; ts?: string; ws?: string; ws_flv?: string; jpg?: string };
}

export const sinkKinds = ["webhook", "mqtt", "kafka", "dapr", "file"] as const;
export type SinkKind = (typeof sinkKinds)[number];
export const sinkStates = ["delivering", "idle", "retrying", "refused", "paused"] as const;
export type SinkState = (typeof sinkStates)[number];

export interface SinkFilter {
  devices?: string[];
  tags?: string[];
  types?: string[];
  channels?: number[];
}

export type SinkSetting =
  | "url" | "secret" | "token" | "ca_file" | "batch" | "connections" | "timeout_s" | "payload" | "path" | "rotate_mib" | "rotate_daily"
  | "keep" | "topic" | "version" | "client_id" | "username" | "password" | "in_flight" | "brokers" | "security" | "sasl_mechanism"
  | "compression" | "pubsub";

export interface Sink extends Partial<Record<SinkSetting, string | number | boolean>> {
  id: string;
  kind: SinkKind;
  enabled: boolean;
  paused: boolean;
  // By the configuration file, which alone changes it.
  declared?: boolean;
  // Which secrets are set; what they are nobody is told.
  secrets?: string[];
  filter?: SinkFilter;
  state: SinkState;
  reason?: string | null;
  reason_text?: string;
  detail?: string;
  cursor: number;
  newest: number;
  pending: number;
  delivered: number;
  retries?: number;
  parked: number;
  last_delivery: string | null;
  next_attempt: string | null;
  replay?: { running: boolean; delivered: number; failed: number; at: number; until: number } | null;
  revision: number;
}

export type SinkPatch = Partial<Record<SinkSetting, string | number | boolean | null>> & {
  id?: string;
  kind?: SinkKind;
  enabled?: boolean;
  filter?: SinkFilter;
  start?: "now" | "oldest";
};

// An entry that a sink does not take: it waits for a person.
export interface ParkedEntry {
  seq: number;
  id: string;
  device: string;
  reason: string;
  reason_text?: string;
  detail?: string;
  tries: number;
  at: string;
}

export interface ReplayWish {
  from?: string;
  to?: string;
  devices?: string[];
  rate?: number;
}

// One stream that is pulled, and how well it comes in.
export interface StreamRow {
  stream: string;
  device: string;
  state: string;
  reason: string | null;
  viewers: number;
  bytes?: number;
  dropped?: number;
  started?: string | null;
  last_frame?: string | null;
  video?: string | null;
  width?: number;
  height?: number;
  health?: {
    packets?: number;
    lost?: number;
    jitter_ms?: number;
    fps?: number;
    declared_fps?: number | null;
    gop_frames?: number;
    kbps?: number;
    frame_age_ms?: number | null;
  };
}
