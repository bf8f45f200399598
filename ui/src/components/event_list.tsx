import { memo, useEffect, useRef } from "react";
import { clock } from "../format";
import { useMedia, useWindowed } from "../hooks";
import { useI18n } from "../i18n/context";
import type { LedgerEntry } from "../types";
import { CameraIcon, EventIcon } from "./icons";

// Rows have one height, so that of a hundred thousand only those near the screen exist.
const rowHeight = 48;
const cardHeight = 84;
const nearEnd = 60;

interface Props {
  rows: readonly LedgerEntry[];
  names: ReadonlyMap<string, string>;
  hrefOf: (entry: LedgerEntry) => string;
  // Older ones are wanted.
  onEnd: () => void;
  // Whether the reader sees the newest.
  onTop: (top: boolean) => void;
}

// Entries of the ledger, newest first, in a page that scrolls itself.
export function EventList({ rows, names, hrefOf, onEnd, onTop }: Props) {
  const { t } = useI18n();
  const narrow = useMedia("(max-width: 800px)");
  const height = narrow ? cardHeight : rowHeight;
  const list = useRef<HTMLOListElement>(null);
  const { first, end } = useWindowed(list, rows.length, height);
  const latest = useRef({ onEnd, onTop });
  latest.current = { onEnd, onTop };
  useEffect(() => {
    if (end > rows.length - nearEnd) latest.current.onEnd();
  }, [end, rows.length]);
  useEffect(() => latest.current.onTop(first === 0), [first]);
  return (
    <ol ref={list} className="events-rows" style={{ height: rows.length * height }} aria-label={t("events.title")} onKeyDown={moveBetweenRows}>
      {rows.slice(first, end).map((entry, index) => (
        <Row key={entry.id} entry={entry} place={first + index} top={(first + index) * height} name={entry.device ? (names.get(entry.device) ?? "") : ""} href={hrefOf(entry)} />
      ))}
    </ol>
  );
}

interface RowProps {
  entry: LedgerEntry;
  place: number;
  top: number;
  name: string;
  href: string;
}

const Row = memo(
  function Row({ entry, place, top, name, href }: RowProps) {
    const { language, t } = useI18n();
    return (
      <li className="event-row" style={{ transform: `translateY(${top}px)` }} aria-setsize={-1} aria-posinset={place + 1} data-event={entry.id} data-type={entry.type}>
        <EventMark entry={entry} />
        <span className="event-type">
          <a className="row-link" href={href}><bdi>{entry.type_text || entry.type}</bdi></a>
          <small>{stateText(entry, t)}</small>
        </span>
        <span className="event-device">
          <bdi>{entry.device ? name || entry.device : t("events.gateway")}</bdi>
          {(entry.channel ?? 0) > 0 ? <small>{t("device.channel", { n: entry.channel ?? 0 })}</small> : null}
        </span>
        <span className="event-what muted">
          <bdi>{[entry.detail, entry.target, entry.description].filter(Boolean).join(" · ")}</bdi>
        </span>
        <span className="event-pictures">
          {(entry.pictures?.length ?? 0) > 0 ? <CameraIcon /> : null}
          {(entry.pictures?.length ?? 0) > 0 ? <span className="sr-only">{t("events.pictures.count", { count: entry.pictures?.length ?? 0 })}</span> : null}
        </span>
        <time className="event-time" dateTime={entry.received} title={entry.received}>{clock(language, entry.received)}</time>
      </li>
    );
  },
  (a, b) => a.entry === b.entry && a.place === b.place && a.top === b.top && a.name === b.name && a.href === b.href,
);

export function EventMark({ entry }: { entry: LedgerEntry }) {
  return <span className={`alarm-mark event-${entry.state}`}><EventIcon state={entry.state} /></span>;
}

type Translate = ReturnType<typeof useI18n>["t"];

// "began", "goes on × 12", "ended, as we conclude".
export function stateText(entry: LedgerEntry, t: Translate): string {
  const known = (["start", "update", "end", "pulse"] as const).find((each) => each === entry.state);
  const parts: string[] = [known === undefined ? String(entry.state) : t(`events.state.${known}`)];
  if ((entry.count ?? 1) > 1) parts.push(`× ${entry.count}`);
  if (entry.inferred === true) parts.push(t("events.inferred"));
  if (entry.replayed === true) parts.push(t("events.replayed"));
  return parts.join(" · ");
}

// Arrow keys walk along the rows; Enter opens one, as it is a link.
function moveBetweenRows(event: React.KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = (event.target as HTMLElement).closest("[data-event]");
  const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  const link = next?.querySelector<HTMLElement>(".row-link");
  if (link == null) return;
  event.preventDefault();
  link.focus();
  link.scrollIntoView({ block: "nearest" });
}
