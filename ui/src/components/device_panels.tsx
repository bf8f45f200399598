import { ago, clock, count, duration } from "../format";
import { useTick } from "../hooks";
import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";
import type { Device } from "../types";
import { StateIcon } from "./icons";
import { useReason } from "./state_badge";

// The state, why, and what happens next.
export function StatusPanel({ device, now }: { device: Device; now: () => number }) {
  const { language, t } = useI18n();
  const reasonOf = useReason();
  useTick();
  const at = now();
  const heard = ago(language, device.last_heard, at);
  return (
    <section className="card panel" aria-labelledby="status-title">
      <h2 id="status-title">{t("device.status")}</h2>
      <p className="status-line" title={device.since}>
        <StateIcon state={device.state} />
        <strong className={`state-${device.state}`}>{t(`state.${device.state}`)}</strong>
        <span className="muted">{t("device.since", { time: ago(language, device.since, at) })}</span>
      </p>
      <p>{reasonOf(device)}</p>
      {device.detail ? <p className="muted break">{device.detail}</p> : null}
      <p className="muted"><code>{device.reason}</code></p>
      <dl className="pairs">
        {device.next_attempt ? (
          <Pair name={t("device.next")} value={<NextAttempt at={device.next_attempt} now={at} />} />
        ) : null}
        {device.attempts ? <Pair name={t("device.attempts")} value={count(language, device.attempts)} /> : null}
        <Pair name={t("device.heard")} value={heard === "" ? t("app.none") : t("app.ago", { time: heard })} />
        <Pair name={t("device.events")} value={count(language, device.events ?? 0)} />
      </dl>
    </section>
  );
}

function NextAttempt({ at, now }: { at: string; now: number }) {
  const { language, t } = useI18n();
  const left = Date.parse(at) - now;
  return (
    <time dateTime={at} title={at}>
      {left > 0 ? t("device.next.in", { time: duration(language, left + 999) }) : t("device.next.now")}
    </time>
  );
}

export function FactsPanel({ device }: { device: Device }) {
  const { language, t } = useI18n();
  const facts = device.facts;
  const offset = facts?.clock_offset_ms;
  const clockText =
    offset == null
      ? undefined
      : Math.abs(offset) < 1000
        ? t("fact.clock.exact")
        : t(offset > 0 ? "fact.clock.ahead" : "fact.clock.behind", { time: duration(language, offset) });
  const rows = [
    ["fact.address", device.url || address(device)],
    ["fact.driver", device.drivers.join(", ")],
    ["fact.kind", facts?.kind],
    ["fact.model", facts?.model],
    ["fact.serial", facts?.serial],
    ["fact.mac", facts?.mac],
    ["fact.firmware", facts?.firmware],
    ["fact.clock", clockText],
    ["fact.username", device.username],
  ] as const;
  const codes = new Set(["fact.address", "fact.serial", "fact.mac", "fact.firmware"]);
  return (
    <section className="card panel" aria-labelledby="facts-title">
      <h2 id="facts-title">{t("device.facts")}</h2>
      <dl className="pairs">
        {rows.map(([key, value]) => (value ? <Pair key={key} name={t(key)} value={value} mono={codes.has(key)} /> : null))}
        {device.tags?.length ? (
          <Pair
            name={t("fact.tags")}
            value={device.tags.map((tag) => (
              <span className="tag" key={tag}>{tag}</span>
            ))}
          />
        ) : null}
      </dl>
    </section>
  );
}

function address(device: Device): string {
  return device.http_port === undefined || device.http_port === 80
    ? device.address
    : `${device.address}:${device.http_port}`;
}

export function HistoryPanel({ device }: { device: Device }) {
  const { language, t } = useI18n();
  const moves = [...(device.history ?? [])].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  return (
    <section className="card panel panel-history" aria-labelledby="history-title">
      <h2 id="history-title">{t("device.history")}</h2>
      {moves.length === 0 ? (
        <p className="muted">{t("device.history.empty")}</p>
      ) : (
        <ol className="history">
          {moves.map((move, index) => (
            <li key={`${move.at} ${moves.length - index}`}>
              <StateIcon state={move.to} />
              <div>
                <span className="history-head">
                  <strong className={`state-${move.to}`}>{t(`state.${move.to}`)}</strong>
                  <time dateTime={move.at} title={move.at}>{clock(language, move.at)}</time>
                </span>
                <span>{errorText(language, move.reason) ?? move.reason}</span>
                {move.detail ? <small className="break">{move.detail}</small> : null}
              </div>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Pair({ name, value, mono = false }: { name: string; value: React.ReactNode; mono?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={mono ? "break mono" : "break"}>{value}</dd>
    </div>
  );
}
