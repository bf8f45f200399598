import { useState } from "react";
import { AddDevice } from "../components/add_device";
import { Problem } from "../components/problem";
import { ago } from "../format";
import { useApi } from "../gateway";
import { usePolled, useTick, useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref } from "../router";
import type { Discovered } from "../types";

const everyMs = 4_000;

// What was heard on the network. It is hearsay: nothing is added before somebody says so.
export function DiscoveredPage() {
  const { language, t } = useI18n();
  useTitle(t("discovered.title"));
  const api = useApi();
  const polled = usePolled(`discovered ${language}`, (signal) => api.discovered(signal), everyMs);
  const [adding, setAdding] = useState<Discovered | null>(null);
  const [all, setAll] = useState(false);
  const [asked, setAsked] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const list = polled.data?.items ?? null;
  const discovery = polled.data?.discovery;
  const shown = list === null ? [] : all ? list : list.filter((each) => each.known === null || each.moved_from != null);

  const probe = async () => {
    setError(null);
    try {
      await api.probe();
      setAsked(true);
      polled.refresh();
    } catch (cause) {
      setError(cause);
    }
  };

  return (
    <main className="page" id="content">
      <div className="page-head">
        <h1>{t("discovered.title")}</h1>
        <span className="spacer" />
        <label className="check">
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />
          <span>{t("discovered.all")}</span>
        </label>
        <button type="button" className="button button-primary" onClick={probe} disabled={discovery?.enabled === false}>{t("discovered.probe")}</button>
      </div>
      <p className="muted lead">{t("discovered.lead")}</p>
      {asked ? <p className="muted lead" role="status">{t("discovered.asked")}</p> : null}
      {error === null ? null : <Problem error={error} />}
      {polled.error === null ? null : <Problem error={polled.error} />}
      {discovery?.enabled === false ? <p className="notice">{t("discovered.off")}</p> : null}
      {discovery?.problem ? <p className="notice">{discovery.problem_text || discovery.problem}</p> : null}
      {list === null ? (
        polled.error === null ? <p className="empty" role="status">{t("discovered.loading")}</p> : null
      ) : shown.length === 0 ? (
        <p className="empty">{t(list.length === 0 ? "discovered.none" : "discovered.no_new")}</p>
      ) : (
        <ul className="found">
          {shown.map((each) => (
            <Found key={each.key} device={each} now={api.now()} onAdd={() => setAdding(each)} />
          ))}
        </ul>
      )}
      {adding?.suggest == null ? null : (
        <AddDevice
          given={adding.suggest}
          onClose={() => setAdding(null)}
          onAdded={(device) => {
            setAdding(null);
            window.location.hash = deviceHref(device.id);
          }}
        />
      )}
    </main>
  );
}

function Found({ device, now, onAdd }: { device: Discovered; now: number; onAdd: () => void }) {
  const { language, t } = useI18n();
  useTick();
  return (
    <li className="card found-one" data-found={device.key}>
      <div className="found-text">
        <strong className="clamp"><bdi>{device.name || device.model || device.address}</bdi></strong>
        <span className="mono">{device.address}</span>
        <span className="muted clamp"><bdi>{[device.model, device.serial, device.mac].filter(Boolean).join(" · ")}</bdi></span>
        <span className="muted">
          {t("discovered.seen", { time: ago(language, device.last_seen, now) })} · {device.via === "both" ? "WS-Discovery, SADP" : device.via === "sadp" ? "SADP" : "WS-Discovery"}
        </span>
        {device.activated === false ? <span className="warn">{t("discovered.not_activated")}</span> : null}
        {device.gone === true ? <span className="warn">{t("discovered.gone")}</span> : null}
        {device.address_shared === true ? <span className="warn">{t("discovered.shared")}</span> : null}
        {device.moved_from != null ? <span className="warn">{t("discovered.moved", { from: device.moved_from })}</span> : null}
        {device.reason && device.reason_text ? <span className="warn">{device.reason_text}</span> : null}
      </div>
      {device.known !== null ? (
        <a className="button" href={deviceHref(device.known)}>{t("discovered.known")}</a>
      ) : device.suggest !== null ? (
        <button type="button" className="button button-primary" onClick={onAdd}>{t("discovered.add")}</button>
      ) : null}
    </li>
  );
}
