import { useMemo, useState } from "react";
import { useHistory } from "../events/use_history";
import type { HistoryOptions } from "../events/history";
import { clock } from "../format";
import { useI18n } from "../i18n/context";
import { pageHref } from "../router";
import { EventDetail } from "./event_detail";
import { EventMark, stateText } from "./event_list";
import { Problem } from "./problem";

const options: HistoryOptions = { pageSize: 30, most: 30, catchUpPages: 1, restMs: 500 };

// The last events of one device, as the ledger has them.
export function EventPanel({ device, name }: { device: string; name: string }) {
  const { language, t } = useI18n();
  const search = new URLSearchParams({ device }).toString();
  const { view } = useHistory(search, options);
  const names = useMemo(() => new Map([[device, name]]), [device, name]);
  const [open, setOpen] = useState<string | null>(null);
  const rows = view.rows?.slice(0, options.most) ?? null;
  return (
    <section className="card panel panel-alarms" aria-labelledby="events-title">
      <div className="panel-head">
        <h2 id="events-title">{t("events.last")}</h2>
        <a className="link-button" href={pageHref("events", new URLSearchParams({ device }))}>{t("events.all")}</a>
      </div>
      {view.error === null ? null : <Problem error={view.error} />}
      {rows === null ? (
        view.error === null ? <p className="muted" role="status">{t("events.loading")}</p> : null
      ) : rows.length === 0 ? (
        <p className="muted">{t("events.none.device")}</p>
      ) : (
        <ol className="alarms">
          {rows.map((entry) => (
            <li key={entry.id} data-event={entry.id} data-type={entry.type}>
              <EventMark entry={entry} />
              <div>
                <span className="history-head">
                  <button type="button" className="link-button event-open" onClick={() => setOpen(entry.event)}>
                    <bdi className="clamp3">{entry.type_text || entry.type}</bdi>
                  </button>
                  <time dateTime={entry.received} title={entry.received}>{clock(language, entry.received)}</time>
                </span>
                <span className="alarm-line muted">
                  {(entry.channel ?? 0) > 0 ? <span>{t("device.channel", { n: entry.channel ?? 0 })}</span> : null}
                  <span>{stateText(entry, t)}</span>
                </span>
                {entry.description ? <small className="break clamp3"><bdi>{entry.description}</bdi></small> : null}
              </div>
            </li>
          ))}
        </ol>
      )}
      {open === null ? null : <EventDetail id={open} names={names} onClose={() => setOpen(null)} />}
    </section>
  );
}
