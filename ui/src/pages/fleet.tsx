import { useCallback, useMemo, useRef, useState } from "react";
import { AddDevice } from "../components/add_device";
import { BulkBar } from "../components/bulk";
import { DeviceTable } from "../components/device_table";
import { FleetFilters } from "../components/fleet_filters";
import { FleetMap } from "../components/fleet_map";
import { FleetSummary, Reasons } from "../components/fleet_summary";
import { PlusIcon } from "../components/icons";
import { Problem } from "../components/problem";
import { ReasonTexts } from "../components/reason";
import { parseQuery, toQuery, type FleetAddress } from "../fleet/address";
import { byUrgency, group, noFilter, select } from "../fleet/order";
import { count, duration } from "../format";
import { useBlind, useFleet, useGateway, useHubState, useMay } from "../gateway";
import { useKeys, usePolled, useTick, useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref, pageHref, replaceHash } from "../router";
import { isState, type Device } from "../types";

const figuresMs = 5_000;
const none: readonly string[] = [];

export function FleetPage({ query }: { query: URLSearchParams }) {
  const { language, t } = useI18n();
  const { api, fleet: store } = useGateway();
  const mayChange = useMay("operator");
  const fleet = useFleet();
  const blind = useBlind();
  // The figures, and the reasons' sentences in the reader's language.
  const figures = usePolled(`fleet ${language}`, (signal) => api.fleet(signal), figuresMs);
  const view = useMemo(() => parseQuery(query), [query]);
  const [adding, setAdding] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const lastChosen = useRef<string | null>(null);
  useTitle(t("fleet.title"));
  useKeys({ ...(mayChange ? { n: () => setAdding(true) } : {}) });

  const show = (change: Partial<FleetAddress>) => replaceHash(pageHref("fleet", toQuery({ ...view, ...change })));
  const texts = useMemo(
    () => new Map((figures.data?.summary ?? []).flatMap(({ reason, text }) => (text ? [[reason, text] as const] : []))),
    [figures.data],
  );

  const all = fleet.devices;
  // Who is blind matters to the choice only where it is asked for.
  const sight = view.filter.blind === "" ? null : blind;
  const shown = useMemo(() => select(all ?? [], view.filter, view.sort, sight), [all, view.filter, view.sort, sight]);
  const blindCount = useMemo(() => (blind === null || all === null ? null : all.reduce((sum, each) => sum + Number(blind.has(each.id)), 0)), [all, blind]);
  // On the map the troubled stand first in their group, however the list is sorted.
  const groups = useMemo(() => {
    if (view.layout === "list") return [];
    return group(view.sort.key === "state" && !view.sort.descending ? shown : byUrgency(shown), view.group);
  }, [shown, view.group, view.sort, view.layout]);
  const ids = useMemo(
    () => (chosen.size === 0 ? none : shown.filter((each) => chosen.has(each.id)).map((each) => each.id)),
    [shown, chosen],
  );

  const latest = useRef(shown);
  latest.current = shown;
  const choose = useCallback((id: string, on: boolean, range: boolean) => {
    // Outside of the updater: React runs that later, when the start of the range is already the next one.
    const order = latest.current.map((each) => each.id);
    const from = range && lastChosen.current !== null ? order.indexOf(lastChosen.current) : -1;
    const to = order.indexOf(id);
    const which = from < 0 || to < 0 ? [id] : order.slice(Math.min(from, to), Math.max(from, to) + 1);
    setChosen((old) => {
      const next = new Set(old);
      for (const each of which) if (on) next.add(each); else next.delete(each);
      return next;
    });
    lastChosen.current = id;
  }, []);

  const added = (device: Device) => {
    setAdding(false);
    store.reload();
    window.location.hash = deviceHref(device.id);
  };
  const narrowTo = (key: string) => {
    if (view.group === "state" && isState(key)) show({ filter: { ...view.filter, states: [key] }, group: "none" });
    else if (view.group === "tag" && key !== "") show({ filter: { ...view.filter, tags: [key] }, group: "none" });
    else if (view.group === "subnet" && key.endsWith(".0/24")) show({ filter: { ...view.filter, q: key.slice(0, -4) }, group: "none" });
  };

  const latestNarrow = useRef(narrowTo);
  latestNarrow.current = narrowTo;
  const narrow = useCallback((key: string) => latestNarrow.current(key), []);

  return (
    <ReasonTexts texts={texts}>
      <main className="page page-wide" id="content">
        <h1 className="sr-only">{t("fleet.title")}</h1>
        {all === null ? null : (
          <div className="overview">
            <FleetSummary
              fleet={figures.data}
              total={all.length}
              counts={fleet.counts}
              chosen={view.filter.states}
              onChoose={(states) => show({ filter: { ...view.filter, states, reason: "" } })}
              blind={blindCount}
              chosenBlind={view.filter.blind}
              onChooseBlind={(only) => show({ filter: { ...view.filter, blind: only } })}
            />
            <Reasons
              devices={all}
              chosen={view.filter.reason}
              onChoose={(state, reason) =>
                show({ filter: view.filter.reason === reason ? { ...view.filter, states: [], reason: "" } : { ...view.filter, states: [state], reason } })
              }
            />
          </div>
        )}
        <Stale />
        {failure === null ? null : <Problem error={failure} />}
        {all === null ? (
          fleet.error === null ? (
            <Loading read={fleet.progress.read} total={fleet.progress.total} />
          ) : (
            <div className="empty">
              <h2>{t("fleet.failed")}</h2>
              <Problem error={fleet.error} />
              <button type="button" className="button" onClick={() => store.reload()}>{t("live.now")}</button>
            </div>
          )
        ) : (
          <>
            <FleetFilters view={view} devices={all} edition={fleet.edition} shown={shown.length} onView={show} onError={setFailure}>
              {mayChange ? (
                <button type="button" className="button button-primary" onClick={() => setAdding(true)}>
                  <PlusIcon />
                  {t("fleet.add")}
                </button>
              ) : null}
            </FleetFilters>
            {ids.length > 0 && mayChange ? <BulkBar ids={ids} onClear={() => setChosen(new Set())} /> : null}
            {shown.length > 0 ? (
              <div className={`fleet-views fleet-${view.layout}`}>
                {view.layout === "list" ? null : (
                  <section className="card map-card" aria-label={t("map.title")}>
                    <FleetMap groups={groups} grouping={view.group} blind={blind} now={() => api.now()} onGroup={narrow} />
                  </section>
                )}
                {view.layout === "map" ? null : (
                  <DeviceTable
                    devices={shown}
                    sort={view.sort}
                    onSort={(sort) => show({ sort })}
                    blind={blind}
                    now={() => api.now()}
                    chosen={mayChange ? chosen : null}
                    onChoose={choose}
                    onChooseAll={(on) => setChosen(on ? new Set(shown.map((each) => each.id)) : new Set())}
                  />
                )}
              </div>
            ) : all.length > 0 ? (
              <div className="empty">
                <p>{t("fleet.no_match")}</p>
                <button type="button" className="button" onClick={() => show({ filter: noFilter })}>{t("fleet.clear")}</button>
              </div>
            ) : (
              <div className="empty">
                <h2>{t("fleet.empty")}</h2>
                <p className="muted">{t("fleet.empty.hint")}</p>
                {mayChange ? (
                  <p className="empty-ways">
                    <a className="button" href={pageHref("import")}>{t("import.title")}</a>
                    <a className="button" href={pageHref("discovered")}>{t("discovered.title")}</a>
                  </p>
                ) : null}
              </div>
            )}
          </>
        )}
        {adding ? <AddDevice onClose={() => setAdding(false)} onAdded={added} /> : null}
      </main>
    </ReasonTexts>
  );
}

function Loading({ read, total }: { read: number; total: number }) {
  const { language, t } = useI18n();
  return (
    <div className="empty">
      <p role="status">{t("fleet.loading")}</p>
      {total > 0 ? <progress max={total} value={read} aria-label={t("fleet.shown", { shown: count(language, read), total: count(language, total) })} /> : null}
    </div>
  );
}

// Says that the picture is old while the gateway does not answer: old figures must not look live.
function Stale() {
  const { language, t } = useI18n();
  const fleet = useFleet();
  const hub = useHubState();
  useTick();
  const down = useRef<number | null>(null);
  if (hub === "open") down.current = null;
  else down.current ??= Date.now();
  if (down.current === null || fleet.devices === null) return null;
  const waited = Date.now() - down.current;
  if (waited < 4_000) return null;
  const age = Date.now() - fleet.asOf;
  return (
    <p className="notice" role="status">
      {fleet.error !== null || age > 40_000 ? t("fleet.stale", { age: duration(language, age) }) : t("fleet.polled")}
    </p>
  );
}
