import { useMemo, useState } from "react";
import { EventDetail } from "../components/event_detail";
import { EventList } from "../components/event_list";
import { EventTabs } from "../components/event_tabs";
import { DeviceField } from "../components/device_field";
import { Problem } from "../components/problem";
import { TimeField } from "../components/time_field";
import { eventQuery, isNarrowed, noEventFilter, parseEventQuery, type EventFilter } from "../events/address";
import { useDeviceNames } from "../events/names";
import { useHistory } from "../events/use_history";
import { count } from "../format";
import { useApi, useHubState } from "../gateway";
import { usePolled, useSettled, useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { pageHref, replaceHash } from "../router";
import { eventStates, type LedgerEntry } from "../types";

const typesMs = 300_000;

// What devices reported, as the ledger has it: the newest as they are committed, and all that is older.
export function EventsPage({ query }: { query: URLSearchParams }) {
  const { language, t } = useI18n();
  useTitle(t("events.title"));
  const api = useApi();
  const hub = useHubState();
  const names = useDeviceNames();
  const filter = useMemo(() => parseEventQuery(query), [query]);
  // What is being typed is asked for when it has come to rest.
  const search = useSettled(eventQuery(filter).toString(), 300);
  const { history, view } = useHistory(search);
  const open = query.get("e");
  const [top, setTop] = useState(true);

  const address = (next: EventFilter, e: string | null) => {
    const out = eventQuery(next);
    if (e !== null) out.set("e", e);
    return pageHref("events", out);
  };
  const show = (change: Partial<EventFilter>) => replaceHash(address({ ...filter, ...change }, null));
  const hrefOf = (entry: LedgerEntry) => address(filter, entry.event);
  const toTop = () => {
    history.hold(false);
    window.scrollTo(0, 0);
  };

  const news = view.overflown ? t("events.new.many") : view.waiting > 0 ? t("events.new", { count: count(language, view.waiting) }) : "";
  const rows = view.rows;
  return (
    <main className="page" id="content">
      <div className="page-head">
        <h1>{t("events.title")}</h1>
        <EventTabs page="events" />
      </div>
      <Filters filter={filter} names={names} now={() => api.now()} onShow={show} />
      {hub === "open" ? null : <p className="notice" role="status">{t("events.deaf")}</p>}
      {view.error === null ? null : <Problem error={view.error} />}
      {news === "" || top ? null : <button type="button" className="button button-primary events-new" onClick={toTop}>{news}</button>}
      {rows === null ? (
        view.error === null ? <p className="empty" role="status">{t("events.loading")}</p> : null
      ) : rows.length === 0 ? (
        <div className="empty">
          <p role="status">{t(isNarrowed(filter) ? "events.no_match" : "events.none")}</p>
          {isNarrowed(filter) ? <button type="button" className="button" onClick={() => show(noEventFilter)}>{t("fleet.clear")}</button> : null}
        </div>
      ) : (
        <section className="card events-card" aria-label={t("events.title")}>
          <EventList
            rows={rows}
            names={names}
            hrefOf={hrefOf}
            onEnd={() => void history.more()}
            onTop={(at) => {
              setTop(at);
              history.hold(!at);
            }}
          />
          <p className="events-end muted" role="status">
            {view.full
              ? t("events.full", { count: count(language, rows.length) })
              : view.complete
                ? t("events.complete", { count: count(language, rows.length) })
                : t("events.older")}
          </p>
        </section>
      )}
      {open === null || open === "" ? null : <EventDetail key={open} id={open} names={names} onClose={() => replaceHash(address(filter, null))} />}
    </main>
  );
}

const hour = 3_600_000;
const spans = [["hour", hour], ["day", 24 * hour], ["week", 168 * hour]] as const;

function Filters(props: { filter: EventFilter; names: ReadonlyMap<string, string>; now: () => number; onShow: (change: Partial<EventFilter>) => void }) {
  const { language, t } = useI18n();
  const api = useApi();
  const { filter, names, now, onShow } = props;
  const types = usePolled(`event types ${language}`, (signal) => api.eventTypes(signal), typesMs);
  const known = types.data ?? [];
  return (
    <div className="filters">
      <div className="toolbar">
        <DeviceField names={names} value={filter.device} onChange={(device) => onShow({ device })} />
        <input
          className="choice events-channel"
          type="number"
          min={0}
          max={65535}
          aria-label={t("events.channel")}
          placeholder={t("events.channel")}
          value={filter.channel}
          onChange={(event) => onShow({ channel: event.target.value })}
        />
        <select className={filter.type === "" ? "choice" : "choice choice-set"} aria-label={t("events.type")} value={filter.type} onChange={(event) => onShow({ type: event.target.value })}>
          <option value="">{t("filter.any", { what: t("events.type") })}</option>
          {filter.type === "" || known.some((each) => each.type === filter.type) ? null : <option value={filter.type}>{filter.type}</option>}
          {known.map((each) => <option key={each.type} value={each.type}>{`${(each.text || each.type).slice(0, 60)} (${each.type.slice(0, 40)})`}</option>)}
        </select>
        <select
          className={filter.state === "" ? "choice" : "choice choice-set"}
          aria-label={t("events.state")}
          value={filter.state}
          onChange={(event) => onShow({ state: eventStates.find((each) => each === event.target.value) ?? "" })}
        >
          <option value="">{t("filter.any", { what: t("events.state") })}</option>
          {eventStates.map((each) => <option key={each} value={each}>{t(`events.state.${each}`)}</option>)}
        </select>
        <TimeField name={t("events.from")} value={filter.from} onChange={(from) => onShow({ from })} />
        <TimeField name={t("events.to")} value={filter.to} onChange={(to) => onShow({ to })} />
      </div>
      <div className="toolbar-line">
        {spans.map(([name, ms]) => (
          <button key={name} type="button" className="chip" onClick={() => onShow({ from: new Date(now() - ms).toISOString(), to: "" })}>{t(`events.span.${name}`)}</button>
        ))}
        {isNarrowed(filter) ? <button type="button" className="link-button" onClick={() => onShow(noEventFilter)}>{t("fleet.clear")}</button> : null}
      </div>
    </div>
  );
}
