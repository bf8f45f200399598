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

export type Profile = "main" | "sub" | "third";

export interface Fleet {
  total: number;
  states: Partial<Record<State, number>>;
  channels?: number;
  streams?: number;
  viewers?: number;
}

export interface ProfileInfo {
  profile: Profile;
  codec?: string;
  width?: number;
  height?: number;
  fps?: number;
  bitrate_kbps?: number;
}

export interface Channel {
  number: number;
  name?: string;
  online?: boolean;
  profiles?: ProfileInfo[];
}

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
  detail?: string;
  at: string;
}

export interface Device {
  id: string;
  name: string;
  drivers: string[];
  address: string;
  http_port?: number;
  rtsp_port?: number;
  username?: string;
  url?: string;
  tags?: string[];
  enabled: boolean;
  always_on?: boolean;
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

export interface DeviceSpec {
  id?: string;
  name?: string;
  drivers?: string[];
  address?: string;
  http_port?: number;
  rtsp_port?: number;
  username?: string;
  password?: string;
  url?: string;
  tags?: string[];
  always_on?: boolean;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface LiveToken {
  id: string;
  token: string;
  stream?: string;
  expires_at: string;
  urls: { rtsp?: string; mp4?: string; ws?: string; jpg?: string };
}
