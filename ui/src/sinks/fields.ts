// What each kind of sinks can be told, and what a form of it means as a body of the API.

import type { Sink, SinkKind, SinkPatch, SinkSetting } from "../types";
import { sinkKinds } from "../types";

export interface SinkField {
  name: SinkSetting;
  form: "text" | "number" | "flag" | "choice" | "secret";
  required?: true;
  // What holds where nothing is said.
  usual?: string;
  choices?: readonly string[];
  placeholder?: string;
  // Seldom needed: shown when asked for.
  rare?: true;
}

const payload: SinkField = { name: "payload", form: "flag", usual: "false", rare: true };
const caFile: SinkField = { name: "ca_file", form: "text", placeholder: "/etc/ssl/site.pem", rare: true };
const connections: SinkField = { name: "connections", form: "number", usual: "8", rare: true };
const timeout: SinkField = { name: "timeout_s", form: "number", usual: "10", rare: true };

export const sinkFields: Record<SinkKind, readonly SinkField[]> = {
  webhook: [
    { name: "url", form: "text", required: true, placeholder: "https://alarms.example/events" },
    { name: "secret", form: "secret" },
    { name: "token", form: "secret" },
    { name: "batch", form: "number", usual: "1", rare: true },
    connections,
    timeout,
    caFile,
    payload,
  ],
  mqtt: [
    { name: "url", form: "text", required: true, placeholder: "mqtts://broker.example:8883" },
    { name: "topic", form: "text", usual: "camfleet/{device}/{channel}/{type}" },
    { name: "username", form: "text" },
    { name: "password", form: "secret" },
    { name: "version", form: "choice", usual: "5", choices: ["5", "4"], rare: true },
    { name: "client_id", form: "text", rare: true },
    { name: "in_flight", form: "number", usual: "50", rare: true },
    caFile,
    payload,
  ],
  kafka: [
    { name: "brokers", form: "text", required: true, placeholder: "kafka-1:9092, kafka-2:9092" },
    { name: "topic", form: "text", usual: "camfleet.events" },
    { name: "security", form: "choice", usual: "plaintext", choices: ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] },
    { name: "sasl_mechanism", form: "choice", usual: "", choices: ["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] },
    { name: "username", form: "text" },
    { name: "password", form: "secret" },
    { name: "compression", form: "choice", usual: "none", choices: ["none", "gzip", "snappy", "lz4", "zstd"], rare: true },
    caFile,
    payload,
  ],
  dapr: [
    { name: "url", form: "text", required: true, placeholder: "http://127.0.0.1:3500" },
    { name: "pubsub", form: "text", required: true, placeholder: "pubsub" },
    { name: "topic", form: "text", usual: "camfleet.events" },
    { name: "token", form: "secret" },
    connections,
    timeout,
    payload,
  ],
  file: [
    { name: "path", form: "text", required: true, placeholder: "events.jsonl" },
    { name: "rotate_mib", form: "number", usual: "256", rare: true },
    { name: "rotate_daily", form: "flag", usual: "true", rare: true },
    { name: "keep", form: "number", usual: "0", rare: true },
    { ...payload, usual: "true" },
  ],
};

export function isSinkKind(text: string): text is SinkKind {
  return (sinkKinds as readonly string[]).includes(text);
}

type Form = { get(name: string): unknown };

// Of a sink that is there (`given`) only what was changed: an emptied field gets its default back, an empty secret stays.
export function sinkBody(form: Form, kind: SinkKind, given: Sink | null): SinkPatch {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const body: SinkPatch = {};
  for (const { name, form: kindOf, usual = "" } of sinkFields[kind]) {
    const value = text(name);
    const before = given === null ? usual : String(given[name] ?? "");
    if (kindOf === "secret") {
      if (form.get(`forget ${name}`) !== null) body[name] = null;
      else if (value !== "") body[name] = String(form.get(name)); // spaces belong to it
    } else if (kindOf === "flag") {
      if (String(form.get(name) !== null) !== before) body[name] = form.get(name) !== null;
    } else if (value === "") {
      if (given !== null && before !== "") body[name] = null;
    } else if (value !== before) {
      body[name] = kindOf === "number" || name === "version" ? Number(value) : value;
    }
  }
  const filter = {
    devices: listOf(text("devices")),
    tags: listOf(text("tags")),
    types: listOf(text("types")),
    channels: listOf(text("channels")).map(Number).filter((each) => Number.isInteger(each)),
  };
  const old = given?.filter;
  const { devices = [], tags = [], types = [], channels = [] } = old ?? {};
  if (JSON.stringify(filter) !== JSON.stringify({ devices, tags, types, channels })) body.filter = filter;
  const enabled = form.get("enabled") !== null;
  if (enabled !== (given?.enabled ?? true)) body.enabled = enabled;
  if (given === null) {
    body.id = text("id");
    body.kind = kind;
    if (form.get("start") === "oldest") body.start = "oldest";
  }
  return body;
}

export function listOf(text: string): string[] {
  return [...new Set(text.split(/[,;，；]/).map((each) => each.trim()).filter(Boolean))];
}

// Where a sink leads, in one line.
export function targetOf(sink: Sink): string {
  const where = String(sink.url ?? sink.brokers ?? sink.path ?? "");
  const what = [sink.pubsub, sink.kind === "webhook" || sink.kind === "file" ? undefined : sink.topic].filter(Boolean).join(" / ");
  return what === "" ? where : `${where} → ${what}`;
}
