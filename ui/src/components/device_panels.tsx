import { clock, duration } from "../format";
import { useI18n } from "../i18n/context";
import { pageHref } from "../router";
import type { Device } from "../types";
import { Pair } from "./explain_panel";
import { StateIcon } from "./icons";
import { useReason } from "./reason";

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
              <a className="tag" key={tag} href={pageHref("fleet", new URLSearchParams({ tag }))}><bdi>{tag}</bdi></a>
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
  const reasonOf = useReason();
  // The gateway tells them oldest first; of two in the same millisecond the later one stands above.
  const moves = [...(device.history ?? [])].reverse();
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
                <span>{reasonOf(move)}</span>
                {move.detail ? <small className="break">{move.detail}</small> : null}
              </div>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
