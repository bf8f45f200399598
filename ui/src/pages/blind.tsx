import { useMemo, useState } from "react";
import { useBlindReason } from "../components/blind_mark";
import { DeviceField } from "../components/device_field";
import { EventTabs } from "../components/event_tabs";
import { EyeOffIcon } from "../components/icons";
import { Problem } from "../components/problem";
import { TimeField } from "../components/time_field";
import { useDeviceNames } from "../events/names";
import { ago, clock, count, duration } from "../format";
import { useApi } from "../gateway";
import { usePolled, useTick, useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref, pageHref, replaceHash } from "../router";
import type { BlindInterval } from "../types";

const everyMs = 10_000;
const most = 5_000;
const onOnePage = 200;

// When devices could not have told of an alarm, and why: those times that are no silence.
export function BlindPage({ query }: { query: URLSearchParams }) {
  const { language, t } = useI18n();
  useTitle(t("blind.title"));
  const api = useApi();
  const names = useDeviceNames();
  const device = query.get("device") ?? "";
  const sinceText = query.get("since") ?? "";
  const since = Number.isNaN(Date.parse(sinceText)) ? "" : sinceText;
  const all = query.get("open") === "false";
  const asked = useMemo(() => {
    const out = new URLSearchParams({ limit: String(most) });
    if (device !== "") out.set("device", device);
    if (since !== "") out.set("since", since);
    if (!all) out.set("open", "true");
    return out;
  }, [device, since, all]);
  const polled = usePolled(`blind ${asked} ${language}`, (signal) => api.blind(asked, signal), everyMs);
  const [shown, setShown] = useState(onOnePage);
  const show = (change: { device?: string; since?: string; all?: boolean }) => {
    const next = new URLSearchParams();
    if ((change.device ?? device) !== "") next.set("device", change.device ?? device);
    if ((change.since ?? since) !== "") next.set("since", change.since ?? since);
    if (change.all ?? all) next.set("open", "false");
    setShown(onOnePage);
    replaceHash(pageHref("blind", next));
  };
  useTick();
  const items = polled.data?.items ?? null;
  return (
    <main className="page" id="content">
      <div className="page-head">
        <h1>{t("blind.title")}</h1>
        <EventTabs page="blind" />
      </div>
      <p className="muted lead">{t("blind.lead")}</p>
      <div className="filters">
        <div className="toolbar">
          <DeviceField names={names} value={device} onChange={(next) => show({ device: next })} />
          <label className="check">
            <input type="checkbox" checked={all} onChange={(event) => show({ all: event.target.checked })} />
            <span>{t("blind.all")}</span>
          </label>
          {all ? <TimeField name={t("blind.since")} value={since} onChange={(next) => show({ since: next })} /> : null}
        </div>
      </div>
      {polled.error === null ? null : <Problem error={polled.error} />}
      {items === null ? (
        polled.error === null ? <p className="empty" role="status">{t("events.loading")}</p> : null
      ) : items.length === 0 ? (
        <p className="empty" role="status">{t(all || device !== "" ? "blind.none.all" : "blind.none")}</p>
      ) : (
        <>
          <section className="card scroll-x" aria-label={t("blind.title")} tabIndex={0}>
            <table className="figures-table stacked">
              <thead>
                <tr>
                  <th scope="col">{t("fleet.devices.one")}</th>
                  <th scope="col">{t("blind.why")}</th>
                  <th scope="col">{t("blind.since")}</th>
                  <th scope="col">{t("blind.until")}</th>
                  <th scope="col" className="number">{t("blind.how_long")}</th>
                </tr>
              </thead>
              <tbody>
                {items.slice(0, shown).map((each) => <Line key={`${each.device} ${each.from} ${each.reason}`} interval={each} name={names.get(each.device) ?? ""} now={api.now()} />)}
              </tbody>
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

function Line({ interval, name, now }: { interval: BlindInterval; name: string; now: number }) {
  const { language, t } = useI18n();
  const why = useBlindReason();
  const { device, from, to } = interval;
  return (
    <tr data-blind-device={device} data-open={to === null}>
      <th scope="row">{device === "" ? t("blind.everybody") : <a href={deviceHref(device)}><bdi>{name || device}</bdi></a>}</th>
      <td>
        {why(interval)}
        {interval.detail ? <small className="break"> {interval.detail}</small> : null}
      </td>
      <td><time dateTime={from}>{clock(language, from)}</time></td>
      <td>{to === null ? <span className="blind-mark"><EyeOffIcon />{t("blind.goes_on")}</span> : <time dateTime={to}>{clock(language, to)}</time>}</td>
      <td className="number">{to === null ? ago(language, from, now) : duration(language, Date.parse(to) - Date.parse(from))}</td>
    </tr>
  );
}
