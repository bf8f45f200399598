import { useEffect, useMemo, useRef, useState } from "react";
import { AddDevice } from "../components/add_device";
import { DeviceTable } from "../components/device_table";
import { FleetSummary } from "../components/fleet_summary";
import { PlusIcon, SearchIcon } from "../components/icons";
import { Problem } from "../components/problem";
import { select, troubledFirst, type Sort } from "../fleet/order";
import { count, duration } from "../format";
import { useApi } from "../gateway";
import { usePolled, useTick } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref } from "../router";
import type { Device, State } from "../types";

const fleetMs = 2_000;
const devicesMs = 4_000;

// Kept while the operator looks at a device, so that the way back leads to the same place.
const view: { state: State | null; search: string; sort: Sort } = { state: null, search: "", sort: troubledFirst };

export function FleetPage() {
  const { language, t } = useI18n();
  const api = useApi();
  const fleet = usePolled("fleet", (signal) => api.fleet(signal), fleetMs);
  // The reasons' sentences come in the reader's language, so another language is another question.
  const devices = usePolled(`devices ${language}`, (signal) => api.devices(signal), devicesMs);
  const [state, setState] = useState(view.state);
  const [search, setSearch] = useState(view.search);
  const [sort, setSort] = useState(view.sort);
  const [adding, setAdding] = useState(false);
  const searchField = useRef<HTMLInputElement>(null);
  useEffect(() => {
    Object.assign(view, { state, search, sort });
  }, [state, search, sort]);
  useEffect(() => {
    document.title = `${t("fleet.title")} – camfleet`;
  }, [t]);
  useSlash(searchField);

  const all = devices.data;
  const shown = useMemo(() => select(all ?? [], state, search, sort), [all, state, search, sort]);
  const added = (device: Device) => {
    setAdding(false);
    devices.refresh();
    window.location.hash = deviceHref(device.id);
  };
  const clear = () => {
    setState(null);
    setSearch("");
  };

  return (
    <main className="page" id="content">
      <h1 className="sr-only">{t("fleet.title")}</h1>
      {fleet.data === null ? null : <FleetSummary fleet={fleet.data} chosen={state} onChoose={setState} />}
      <Stale error={fleet.error} hasData={fleet.data !== null} />
      <div className="toolbar">
        <label className="search">
          <span className="sr-only">{t("fleet.search")}</span>
          <SearchIcon />
          <input
            ref={searchField}
            type="search"
            placeholder={t("fleet.search")}
            spellCheck={false}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <kbd aria-hidden="true">/</kbd>
        </label>
        <span className="toolbar-count" role="status">
          {all === null
            ? ""
            : t("fleet.shown", { shown: count(language, shown.length), total: count(language, all.length) })}
        </span>
        <button type="button" className="button button-primary" onClick={() => setAdding(true)}>
          <PlusIcon />
          {t("fleet.add")}
        </button>
      </div>
      {all === null ? (
        devices.error === null ? (
          <p className="empty" role="status">{t("fleet.loading")}</p>
        ) : (
          <div className="empty">
            <h2>{t("fleet.failed")}</h2>
            <Problem error={devices.error} />
          </div>
        )
      ) : shown.length > 0 ? (
        <DeviceTable devices={shown} sort={sort} onSort={setSort} now={() => api.now()} />
      ) : all.length > 0 ? (
        <div className="empty">
          <p>{t("fleet.no_match")}</p>
          <button type="button" className="button" onClick={clear}>{t("fleet.clear")}</button>
        </div>
      ) : (
        <div className="empty">
          <h2>{t("fleet.empty")}</h2>
          <p className="muted">{t("fleet.empty.hint")}</p>
        </div>
      )}
      {adding ? <AddDevice onClose={() => setAdding(false)} onAdded={added} /> : null}
    </main>
  );
}

// Says that the figures are old while the gateway does not answer: old figures must not look live.
function Stale({ error, hasData }: { error: unknown; hasData: boolean }) {
  const { language, t } = useI18n();
  useTick();
  const since = useRef<number | null>(null);
  if (error === null) since.current = null;
  else since.current ??= Date.now();
  if (since.current === null || !hasData) return null;
  return (
    <p className="notice" role="status">
      {t("fleet.stale", { age: duration(language, Date.now() - since.current + fleetMs) })}
    </p>
  );
}

// "/" goes to the search field, as in many tools.
function useSlash(field: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLInputElement || document.querySelector("dialog[open]") !== null) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [field]);
}
