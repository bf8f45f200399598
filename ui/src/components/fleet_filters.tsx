import { useMemo, useRef } from "react";
import { filterQuery, layouts, type FleetAddress } from "../fleet/address";
import { groupings, isFiltered, noFilter, type Filter } from "../fleet/order";
import { count } from "../format";
import { useApi } from "../gateway";
import { useKeys, useSettled } from "../hooks";
import { useI18n } from "../i18n/context";
import type { Summary } from "../types";
import { saveAs } from "./save";
import { CloseIcon, DownloadIcon, ListIcon, MapIcon, SearchIcon, SplitIcon } from "./icons";
import { useReason } from "./reason";

interface Props {
  view: FleetAddress;
  devices: readonly Summary[];
  edition: number;
  shown: number;
  onView: (change: Partial<FleetAddress>) => void;
  onError: (error: unknown) => void;
  children: React.ReactNode;
}

const layoutIcons = { both: SplitIcon, map: MapIcon, list: ListIcon };

// What is looked for, how the map is grouped, and which of both views is there.
export function FleetFilters({ view, devices, edition, shown, onView, onError, children }: Props) {
  const { language, t } = useI18n();
  const api = useApi();
  const field = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => field.current?.focus() });
  const { filter } = view;
  const set = (change: Partial<Filter>) => onView({ filter: { ...filter, ...change } });
  const { tags, drivers } = useMemo(() => choicesOf(devices), [edition]); // a move changes no tag

  const text = t("fleet.shown", { shown: count(language, shown), total: count(language, devices.length) });
  // Read aloud when it has come to rest: with each move of a device nobody could listen.
  const spoken = useSettled(text, 1_500);

  const download = async () => {
    try {
      saveAs(await api.exportDevices(filterQuery(filter)), "camfleet.csv");
    } catch (cause) {
      onError(cause);
    }
  };

  return (
    <div className="filters">
      <div className="toolbar">
        <label className="search">
          <span className="sr-only">{t("fleet.search")}</span>
          <SearchIcon />
          <input
            ref={field}
            type="search"
            placeholder={t("fleet.search")}
            spellCheck={false}
            maxLength={128}
            value={filter.q}
            onChange={(event) => set({ q: event.target.value })}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              if (filter.q === "") event.currentTarget.blur();
              else set({ q: "" });
              event.preventDefault();
            }}
          />
          <kbd aria-hidden="true">/</kbd>
        </label>
        <Choice
          label={t("filter.tag")}
          value={filter.tags[0] ?? ""}
          choices={tags.map((tag) => [tag, tag])}
          onChange={(tag) => set({ tags: tag === "" ? [] : [tag] })}
        />
        {drivers.length > 1 || filter.driver !== "" ? (
          <Choice
            label={t("filter.driver")}
            value={filter.driver}
            choices={drivers.map((driver) => [driver, driver])}
            onChange={(driver) => set({ driver })}
          />
        ) : null}
        <Choice
          label={t("filter.group")}
          none={t("filter.ungrouped")}
          value={view.group === "none" ? "" : view.group}
          choices={groupings.filter((each) => each !== "none").map((each) => [each, t(`group.${each}`)])}
          onChange={(value) => onView({ group: groupings.find((each) => each === value) ?? "none" })}
        />
        <fieldset className="segmented segmented-icons">
          <legend className="sr-only">{t("filter.view")}</legend>
          {layouts.map((each) => {
            const Icon = layoutIcons[each];
            return (
              <label key={each} title={t(`view.${each}`)}>
                <input type="radio" name="layout" checked={view.layout === each} onChange={() => onView({ layout: each })} aria-label={t(`view.${each}`)} />
                <span><Icon /></span>
              </label>
            );
          })}
        </fieldset>
        <span className="toolbar-space" />
        {/* The gateway's export knows nothing of who is blind, and more than what is shown nobody expects. */}
        {filter.blind !== "" ? null : (
          <button type="button" className="button-quiet" aria-label={t("fleet.export")} title={t("fleet.export")} onClick={download}>
            <DownloadIcon />
          </button>
        )}
        {children}
      </div>
      <div className="toolbar-line">
        <span className="toolbar-count">{text}</span>
        <span className="sr-only" role="status">{spoken}</span>
        <Active filter={filter} onSet={set} />
        {isFiltered(filter) ? (
          <button type="button" className="link-button" onClick={() => onView({ filter: noFilter })}>
            {t("fleet.clear")}
          </button>
        ) : null}
      </div>
    </div>
  );
}

// The filters that no control shows by itself, each with a way to take it off.
function Active({ filter, onSet }: { filter: Filter; onSet: (change: Partial<Filter>) => void }) {
  const { t } = useI18n();
  const reasonOf = useReason();
  const lines: { key: string; text: string; off: Partial<Filter> }[] = [];
  if (filter.reason !== "") lines.push({ key: "reason", text: reasonOf({ reason: filter.reason }), off: { reason: "" } });
  for (const tag of filter.tags) {
    lines.push({ key: `tag ${tag}`, text: tag, off: { tags: filter.tags.filter((each) => each !== tag) } });
  }
  return lines.map(({ key, text, off }) => (
    <button key={key} type="button" className="token" aria-label={t("filter.remove", { text })} onClick={() => onSet(off)}>
      <bdi className="clamp">{text}</bdi>
      <CloseIcon />
    </button>
  ));
}

function Choice(props: { label: string; none?: string; value: string; choices: (readonly [string, string])[]; onChange: (value: string) => void }) {
  const { t } = useI18n();
  const { label, none, value, choices, onChange } = props;
  const known = value === "" || choices.some(([each]) => each === value);
  return (
    <select className={value === "" ? "choice" : "choice choice-set"} aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{none ?? t("filter.any", { what: label })}</option>
      {known ? null : <option value={value}>{value}</option>}
      {choices.map(([each, text]) => (
        <option key={each} value={each}>{text.slice(0, 80)}</option>
      ))}
    </select>
  );
}

function choicesOf(devices: readonly Summary[]): { tags: string[]; drivers: string[] } {
  const tags = new Map<string, number>();
  const drivers = new Set<string>();
  for (const device of devices) {
    for (const tag of device.tags ?? []) tags.set(tag, (tags.get(tag) ?? 0) + 1);
    for (const driver of device.drivers) drivers.add(driver);
  }
  const frequent = [...tags].sort((a, b) => b[1] - a[1]).slice(0, 200).map(([tag]) => tag);
  return { tags: frequent.sort(new Intl.Collator(undefined, { numeric: true }).compare), drivers: [...drivers].sort() };
}
