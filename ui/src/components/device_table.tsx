import { memo, useRef } from "react";
import type { Sort, SortKey } from "../fleet/order";
import { sortKeys } from "../fleet/order";
import { ago } from "../format";
import { useMedia, useTick, useWindowed } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref } from "../router";
import type { Device } from "../types";
import { SortIcon } from "./icons";
import { StateBadge, useReason } from "./state_badge";

interface Props {
  devices: Device[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  now: () => number;
}

// Rows have one height, so that of ten thousand only those near the screen exist.
const rowHeight = 56;
const cardHeight = 104;

export function DeviceTable({ devices, sort, onSort, now }: Props) {
  const { t } = useI18n();
  const narrow = useMedia("(max-width: 800px)");
  const height = narrow ? cardHeight : rowHeight;
  const body = useRef<HTMLDivElement>(null);
  const { first, end } = useWindowed(body, devices.length, height);
  useTick();
  const at = now();

  return (
    <div className="table card" role="table" aria-label={t("fleet.devices")} aria-rowcount={devices.length + 1}>
      <div className="row row-head" role="row" aria-rowindex={1}>
        {sortKeys.map((key) => (
          <HeadCell key={key} column={key} sort={sort} onSort={onSort} />
        ))}
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
            <Row key={device.id} device={device} index={first + index + 2} now={at} />
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

const Row = memo(function Row({ device, index, now }: { device: Device; index: number; now: number }) {
  const { language, t } = useI18n();
  const reasonOf = useReason();
  const since = (at: string | null | undefined) => {
    const time = ago(language, at, now);
    return time === "" ? t("app.none") : t("app.ago", { time });
  };
  const quiet = device.state === "online" && device.reason === "fleet.connected";
  return (
    <div role="row" className="row" aria-rowindex={index} data-device={device.id}>
      <div role="cell" className="cell cell-device">
        <a className="row-link" href={deviceHref(device.id)}>
          {device.name || device.id}
        </a>
        <small className="mono">{device.id}</small>
      </div>
      <div role="cell" className="cell cell-address mono">{device.address}</div>
      <div role="cell" className="cell cell-model">{device.facts?.model ?? t("app.none")}</div>
      <div role="cell" className="cell cell-channels">{device.channels.length || t("app.none")}</div>
      <div role="cell" className="cell cell-state">
        <StateBadge state={device.state} />
        {quiet ? null : <small title={device.detail}>{reasonOf(device)}</small>}
      </div>
      <div role="cell" className="cell cell-since" title={device.since}>{since(device.since)}</div>
      <div role="cell" className="cell cell-heard" title={device.last_heard ?? undefined}>
        {since(device.last_heard)}
      </div>
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
