// Numbers and times for a reader.

import type { Language } from "./i18n/catalogue";

const units = [
  { limit: 60, size: 1, unit: "second" },
  { limit: 3600, size: 60, unit: "minute" },
  { limit: 86400, size: 3600, unit: "hour" },
  { limit: Infinity, size: 86400, unit: "day" },
] as const;

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language + JSON.stringify(options);
  let format = formats.get(key);
  if (format === undefined) formats.set(key, (format = new Intl.NumberFormat(language, options)));
  return format;
}

// "42 sec", "3 min", "2 hr", "4 days": one unit, rounded down, so that it stands still while one reads.
export function duration(language: Language, ms: number): string {
  const seconds = Math.max(0, Math.floor(Math.abs(ms) / 1000));
  const { size, unit } = units.find(({ limit }) => seconds < limit) ?? units[3];
  return numberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(Math.floor(seconds / size));
}

// The time from `at` to `now`; "" where there is no time.
export function ago(language: Language, at: string | null | undefined, now: number): string {
  const then = at == null ? NaN : Date.parse(at);
  return Number.isNaN(then) ? "" : duration(language, Math.max(0, now - then));
}

export function count(language: Language, value: number): string {
  return numberFormat(language, {}).format(value);
}

export function clock(language: Language, at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  return date.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

export function bitRate(language: Language, kbps: number): string {
  return kbps >= 1000
    ? `${numberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(kbps / 1000)} Mbit/s`
    : `${Math.round(kbps)} kbit/s`;
}

export function milliseconds(language: Language, ms: number): string {
  return `${count(language, Math.round(ms))} ms`;
}

export function bytes(language: Language, value: number): string {
  const [size, unit] = value >= 1e9 ? [1e9, "GB"] : value >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  return `${numberFormat(language, { maximumFractionDigits: 1 }).format(value / (size as number))} ${unit}`;
}
