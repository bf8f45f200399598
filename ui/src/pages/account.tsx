import { useMemo, useState } from "react";
import { DeviceField } from "../components/device_field";
import { EventTabs } from "../components/event_tabs";
import { Problem } from "../components/problem";
import { TimeField } from "../components/time_field";
import { useDeviceNames } from "../events/names";
import { bytes, count, duration } from "../format";
import { useApi } from "../gateway";
import { usePolled, useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";
import { deviceHref, pageHref, replaceHash } from "../router";
import type { AccountLine } from "../types";

const everyMs = 20_000;
const onOnePage = 200;
const fates = ["delivered", "parked", "pending"] as const;

// What became of the events: per device and sink.
export function AccountPage({ query }: { query: URLSearchParams }) {
  const { language, t } = useI18n();
  useTitle(t("account.title"));
  const api = useApi();
  const names = useDeviceNames();
  const given = { device: query.get("device") ?? "", from: time(query.get("from")), to: time(query.get("to")) };
  const asked = new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ""));
  const polled = usePolled(`account ${asked}`, (signal) => api.account(asked, signal), everyMs);
  const [shown, setShown] = useState(onOnePage);
  const show = (change: Partial<typeof given>) => {
    setShown(onOnePage);
    replaceHash(pageHref("account", new URLSearchParams(Object.entries({ ...given, ...change }).filter(([, value]) => value !== ""))));
  };
  const items = polled.data?.items ?? null;
  const ledger = polled.data?.ledger;
  const sinks = useMemo(() => [...new Set((items ?? []).flatMap((each) => (each.sinks ?? []).map(({ sink }) => sink)))].sort(), [items]);
  const sum = useMemo(() => total(items ?? []), [items]);
  return (
    <main className="page page-wide" id="content">
      <div className="page-head">
        <h1>{t("account.title")}</h1>
        <EventTabs page="account" />
      </div>
      <p className="muted lead">{t("account.lead")}</p>
      <div className="filters">
        <div className="toolbar">
          <DeviceField names={names} value={given.device} onChange={(device) => show({ device })} />
          <TimeField name={t("events.from")} value={given.from} onChange={(from) => show({ from })} />
          <TimeField name={t("events.to")} value={given.to} onChange={(to) => show({ to })} />
        </div>
      </div>
      {polled.error === null ? null : <Problem error={polled.error} />}
      {ledger === undefined || ledger.code === "ok" ? null : (
        <p className="notice" role="alert">{errorText(language, ledger.code) ?? (ledger.text || ledger.code)} {ledger.detail}</p>
      )}
      {ledger === undefined ? null : (
        <p className="muted lead">
          {t("account.ledger", { entries: count(language, Math.max(0, ledger.newest - ledger.oldest + 1)), size: bytes(language, ledger.bytes), open: count(language, ledger.open) })}
        </p>
      )}
      {items === null ? (
        polled.error === null ? <p className="empty" role="status">{t("events.loading")}</p> : null
      ) : items.length === 0 ? (
        <p className="empty" role="status">{t("account.none")}</p>
      ) : (
        <>
          <section className="card scroll-x" aria-label={t("account.title")} tabIndex={0}>
            <table className="figures-table">
              <thead>
                <tr>
                  <th scope="col">{t("fleet.devices.one")}</th>
                  <th scope="col" className="number">{t("account.seen")}</th>
                  <th scope="col" className="number">{t("account.stored")}</th>
                  <th scope="col" className="number">{t("account.blind")}</th>
                  {sinks.flatMap((sink) => fates.map((fate) => (
                    <th key={`${sink} ${fate}`} scope="col" className="number">{t("account.by", { sink, what: t(`account.${fate}`) })}</th>
                  )))}
                </tr>
              </thead>
              <tbody>
                {items.slice(0, shown).map((each) => (
                  <tr key={each.device} data-account={each.device}>
                    <th scope="row">{each.device === "" ? t("events.gateway") : <a href={deviceHref(each.device)}><bdi>{names.get(each.device) || each.device}</bdi></a>}</th>
                    <Figures line={each} sinks={sinks} />
                  </tr>
                ))}
              </tbody>
              <tfoot>
                <tr data-account-sum="">
                  <th scope="row">{t("account.sum")}</th>
                  <Figures line={sum} sinks={sinks} />
                </tr>
              </tfoot>
            </table>
          </section>
          <p className="pager">
            <span className="muted">{t("fleet.shown", { shown: count(language, Math.min(shown, items.length)), total: count(language, items.length) })}</span>
            {shown < items.length ? <button type="button" className="button" onClick={() => setShown(shown + 5 * onOnePage)}>{t("app.more")}</button> : null}
          </p>
        </>
      )}
    </main>
  );
}

function Figures({ line, sinks }: { line: AccountLine; sinks: string[] }) {
  const { language } = useI18n();
  return (
    <>
      <td className="number">{count(language, line.seen)}</td>
      <td className="number">{count(language, line.stored)}</td>
      <td className="number">{(line.blind_seconds ?? 0) > 0 ? duration(language, (line.blind_seconds ?? 0) * 1000) : ""}</td>
      {sinks.flatMap((sink) => {
        const own = line.sinks?.find((each) => each.sink === sink);
        return fates.map((fate) => (
          <td key={`${sink} ${fate}`} className={fate === "parked" && (own?.parked ?? 0) > 0 ? "number warn" : "number"}>
            {own === undefined ? "" : count(language, own[fate])}
          </td>
        ));
      })}
    </>
  );
}

function total(items: readonly AccountLine[]): AccountLine {
  const sinks = new Map<string, { sink: string; delivered: number; parked: number; pending: number }>();
  const sum = { device: "", seen: 0, stored: 0, blind_seconds: 0 };
  for (const each of items) {
    sum.seen += each.seen;
    sum.stored += each.stored;
    sum.blind_seconds += each.blind_seconds ?? 0;
    for (const one of each.sinks ?? []) {
      const own = sinks.get(one.sink) ?? { sink: one.sink, delivered: 0, parked: 0, pending: 0 };
      for (const fate of fates) own[fate] += one[fate];
      sinks.set(one.sink, own);
    }
  }
  return { ...sum, sinks: [...sinks.values()] };
}

function time(text: string | null): string {
  return text === null || Number.isNaN(Date.parse(text)) ? "" : text;
}
