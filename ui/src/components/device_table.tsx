import { memo, useRef } from "react";
import type { Sort, SortKey } from "../fleet/order";
import { sortKeys } from "../fleet/order";
import { ago, count } from "../format";
import { useMedia, useTick, useWindowed } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref } from "../router";
import type { BlindView } from "../blind/store";
import type { BlindInterval, Summary } from "../types";
import { BlindMark } from "./blind_mark";
import { SortIcon } from "./icons";
import { useReason } from "./reason";
import { StateBadge } from "./state_badge";

interface Props {
  devices: Summary[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  blind: BlindView;
  now: () => number;
  // null: nothing can be chosen.
  chosen: ReadonlySet<string> | null;
  onChoose: (id: string, on: boolean, range: boolean) => void;
  onChooseAll: (on: boolean) => void;
}

// Rows have one height, so that of ten thousand only those near the screen exist.
const rowHeight = 52;
const cardHeight = 104;

export function DeviceTable({ devices, sort, onSort, blind, now, chosen, onChoose, onChooseAll }: Props) {
  const { language, t } = useI18n();
  const narrow = useMedia("(max-width: 800px)");
  const height = narrow ? cardHeight : rowHeight;
  const body = useRef<HTMLDivElement>(null);
  const { first, end } = useWindowed(body, devices.length, height);
  useTick();
  const at = now();
  const all = chosen !== null && devices.length > 0 && devices.every((each) => chosen.has(each.id));

  return (
    <div className="table card" role="table" aria-label={t("fleet.devices")} aria-rowcount={devices.length + 1}>
      <div role="rowgroup" className="table-head">
        <div className="row row-head" role="row" aria-rowindex={1}>
          <div role="columnheader" className="cell cell-choose">
            {chosen === null ? null : (
              <input
                type="checkbox"
                checked={all}
                ref={(element) => {
                  if (element !== null) element.indeterminate = !all && chosen.size > 0;
                }}
                aria-label={t("bulk.choose_all", { count: count(language, devices.length) })}
                title={t("bulk.choose_all", { count: count(language, devices.length) })}
                onChange={(event) => onChooseAll(event.target.checked)}
              />
            )}
          </div>
          {sortKeys.map((key) => (
            <HeadCell key={key} column={key} sort={sort} onSort={onSort} />
          ))}
        </div>
      </div>
      <div
        ref={body}
        role="rowgroup"
        className="rows"
        style={{ height: devices.length * height }}
        onKeyDown={moveBetweenRows}
      >
        <div role="presentation" style={{ transform: `translateY(${first * height}px)` }}>
          {devices.slice(first, end).map((device, index) => (
            <Row
              key={device.id}
              device={device}
              index={first + index + 2}
              now={at}
              blind={blind?.get(device.id) ?? null}
              chosen={chosen === null ? null : chosen.has(device.id)}
              onChoose={onChoose}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function HeadCell({ column, sort, onSort }: { column: SortKey; sort: Sort; onSort: (sort: Sort) => void }) {
  const { t } = useI18n();
  const active = sort.key === column;
  const label = t(`column.${column}`);
  return (
    <div
      role="columnheader"
      className={`cell cell-${column}`}
      aria-sort={active ? (sort.descending ? "descending" : "ascending") : "none"}
    >
      <button
        type="button"
        title={t("column.sort", { column: label })}
        onClick={() => onSort({ key: column, descending: active && !sort.descending })}
      >
        {label}
        {active ? <SortIcon descending={sort.descending} /> : null}
      </button>
    </div>
  );
}

interface RowProps {
  device: Summary;
  index: number;
  now: number;
  blind: BlindInterval | null;
  chosen: boolean | null;
  onChoose: Props["onChoose"];
}

const Row = memo(function Row({ device, index, now, blind, chosen, onChoose }: RowProps) {
  const { language, t } = useI18n();
  const reasonOf = useReason();
  const since = ago(language, device.since, now);
  const quiet = device.state === "online" && device.reason === "fleet.connected";
  const name = device.name || device.id;
  return (
    <div role="row" className="row" aria-rowindex={index} data-device={device.id}>
      <div role="cell" className="cell cell-choose">
        {chosen === null ? null : (
          <input
            type="checkbox"
            checked={chosen}
            aria-label={t("bulk.choose", { name })}
            onChange={() => undefined}
            onClick={(event) => onChoose(device.id, !chosen, event.shiftKey)}
          />
        )}
      </div>
      <div role="cell" className="cell cell-name">
        <a className="row-link" href={deviceHref(device.id)}>
          <bdi>{name}</bdi>
        </a>
        <small className="mono">{device.id}</small>
      </div>
      <div role="cell" className="cell cell-address mono">{device.address || device.url}</div>
      <div role="cell" className="cell cell-model">{device.facts?.model || t("app.none")}</div>
      <div role="cell" className="cell cell-state">
        <StateBadge state={device.state} />
        {/* Of who is not logged in the state says it already. */}
        {blind !== null && (device.state === "online" || device.state === "degraded") ? <BlindMark interval={blind} now={now} /> : null}
        {quiet ? null : <small title={device.detail}>{reasonOf(device)}</small>}
      </div>
      <div role="cell" className="cell cell-since" title={device.since}>{since || t("app.none")}</div>
    </div>
  );
});

// Arrow keys walk along the rows; Enter opens one, as it is a link.
function moveBetweenRows(event: React.KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = (event.target as HTMLElement).closest("[data-device]");
  const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  const link = next?.querySelector<HTMLElement>(".row-link");
  if (link == null) return;
  event.preventDefault();
  link.focus();
  link.scrollIntoView({ block: "nearest" });
}
