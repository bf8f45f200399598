import { useEffect, useRef, useState } from "react";
import { clock, count, milliseconds } from "../format";
import { useApi } from "../gateway";
import { useInSight, usePolled } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref, pageHref } from "../router";
import type { EventPicture, EventStory, LedgerEntry } from "../types";
import { CopyButton } from "./copy_button";
import { Dialog } from "./dialog";
import { EventMark, stateText } from "./event_list";
import { Pair } from "./explain_panel";
import { Problem } from "./problem";

const everyMs = 5_000; // an event that goes on

// One event: all its states, whose time it is, its pictures, and the document as the device sent it.
export function EventDetail({ id, names, onClose }: { id: string; names: ReadonlyMap<string, string>; onClose: () => void }) {
  const { language, t } = useI18n();
  const api = useApi();
  const polled = usePolled(`event ${id} ${language}`, (signal) => api.event(id, signal), everyMs);
  const story = polled.data;
  const entries = story === null ? [] : [...(story.entries ?? [story])].sort((a, b) => a.seq - b.seq);
  const first = entries[0];
  return (
    <Dialog title={first === undefined ? t("events.one") : first.type_text || first.type} wide onClose={onClose}>
      {polled.error === null ? null : <Problem error={polled.error} />}
      {story === null || first === undefined ? (
        polled.error === null ? <p role="status">{t("events.loading")}</p> : null
      ) : (
        <div className="event-detail" data-event-detail={id}>
          <Facts id={id} entries={entries} first={first} names={names} />
          <section aria-labelledby="event-states">
            <h3 id="event-states">{t("events.states")}</h3>
            <ol className="event-states">
              {entries.map((each) => (
                <li key={each.id} data-entry={each.state}>
                  <EventMark entry={each} />
                  <span>{stateText(each, t)}</span>
                  <time className="muted" dateTime={each.received} title={each.received}>{clock(language, each.received)}</time>
                </li>
              ))}
            </ol>
          </section>
          <Pictures entries={entries} />
          <Documents story={story} entries={entries} />
        </div>
      )}
    </Dialog>
  );
}

function Facts(props: { id: string; entries: LedgerEntry[]; first: LedgerEntry; names: ReadonlyMap<string, string> }) {
  const { language, t } = useI18n();
  const { id, entries, first, names } = props;
  const last = entries.at(-1) ?? first;
  const most = Math.max(...entries.map((each) => each.count ?? 1));
  const apart = first.happened == null ? NaN : Date.parse(first.received) - Date.parse(first.happened);
  const device = first.device ?? "";
  return (
    <dl className="pairs event-facts">
      <Pair
        name={t("fleet.devices.one")}
        value={device === "" ? t("events.gateway") : <a href={deviceHref(device, first.channel || 1)}><bdi>{names.get(device) || device}</bdi></a>}
      />
      {(first.channel ?? 0) > 0 ? <Pair name={t("events.channel")} value={first.channel} /> : null}
      <Pair name={t("events.type")} value={<a href={pageHref("events", new URLSearchParams({ type: first.type }))}><bdi>{first.type}</bdi></a>} mono />
      {last.detail ? <Pair name={t("events.detail")} value={<bdi>{last.detail}</bdi>} /> : null}
      {last.target ? <Pair name={t("events.target")} value={<bdi>{last.target}</bdi>} /> : null}
      {last.description ? <Pair name={t("events.description")} value={<bdi>{last.description}</bdi>} /> : null}
      <Pair name={t("events.count")} value={<span data-testid="event-count">{count(language, most)}</span>} />
      {first.started == null ? null : <Pair name={t("events.started")} value={<time dateTime={first.started}>{clock(language, first.started)}</time>} />}
      {first.device_time ? <Pair name={t("events.device_time")} value={<bdi>{first.device_time}</bdi>} mono /> : null}
      {first.happened == null ? null : <Pair name={t("events.happened")} value={<time dateTime={first.happened}>{clock(language, first.happened)}</time>} />}
      <Pair name={t("events.received")} value={<time dateTime={first.received}>{clock(language, first.received)}</time>} />
      {Number.isNaN(apart) ? null : <Pair name={t("events.delay")} value={milliseconds(language, Math.max(0, apart))} />}
      {first.source ? <Pair name={t("events.source")} value={first.source} mono /> : null}
      <Pair name={t("events.id")} value={id} mono />
    </dl>
  );
}

const shownPictures = 32;

function Pictures({ entries }: { entries: LedgerEntry[] }) {
  const { t } = useI18n();
  const pictures = new Map(entries.flatMap((each) => (each.pictures ?? []).map((picture) => [picture.id, picture] as const)));
  if (pictures.size === 0) return null;
  return (
    <section aria-labelledby="event-pictures">
      <h3 id="event-pictures">{t("events.pictures")}</h3>
      <div className="event-pictures-all">
        {[...pictures.values()].slice(0, shownPictures).map((each) => <Picture key={each.id} picture={each} />)}
      </div>
    </section>
  );
}

// Asked for with the token, so an address would not do; what is out of sight is not asked for.
function Picture({ picture }: { picture: EventPicture }) {
  const { t } = useI18n();
  const api = useApi();
  const frame = useRef<HTMLElement>(null);
  const seen = useInSight(frame);
  const [url, setUrl] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!seen) return;
    const stop = new AbortController();
    let mine: string | null = null;
    api.eventPicture(picture.id, stop.signal).then(
      (blob) => {
        if (stop.signal.aborted) return;
        // Whatever the device calls it: here it can only be a picture.
        mine = URL.createObjectURL(blob.type.startsWith("image/") ? blob : new Blob([blob], { type: "image/jpeg" }));
        setUrl(mine);
        setError(null);
      },
      (cause: unknown) => {
        if (!stop.signal.aborted) setError(cause);
      },
    );
    return () => {
      stop.abort();
      if (mine !== null) URL.revokeObjectURL(mine);
      setUrl(null);
    };
  }, [api, picture.id, seen]);
  return (
    <figure ref={frame} className="event-picture" data-picture={picture.id}>
      {error !== null ? <Problem error={error} /> : url === null ? <p className="muted">{t("events.loading")}</p> : <img src={url} alt={t("events.picture.alt")} onError={() => setError(new Error("no picture"))} />}
    </figure>
  );
}

// As text, never as markup. Most events say the same in each state but for the time: the first one is shown.
function Documents({ story, entries }: { story: EventStory; entries: NonNullable<EventStory["entries"]> | LedgerEntry[] }) {
  const { t } = useI18n();
  const withOne = (entries as NonNullable<EventStory["entries"]>).filter((each) => Boolean(each.payload));
  const [chosen, setChosen] = useState(0);
  const shown = withOne[chosen];
  const text = shown?.payload ?? story.payload ?? "";
  if (text === "") return null;
  const cut = shown?.payload_cut ?? story.payload_cut ?? false;
  return (
    <section aria-labelledby="event-document">
      <div className="panel-head">
        <h3 id="event-document">{t("events.document")}</h3>
        <span className="event-document-tools">
          {withOne.length > 1 ? (
            <select className="choice" aria-label={t("events.states")} value={chosen} onChange={(event) => setChosen(Number(event.target.value))}>
              {withOne.map((each, index) => <option key={each.id} value={index}>{stateText(each, t)}</option>)}
            </select>
          ) : null}
          <CopyButton text={text} />
        </span>
      </div>
      <pre className="event-document" tabIndex={0} aria-labelledby="event-document">{text}</pre>
      {cut ? <p className="muted">{t("events.document.cut")}</p> : null}
    </section>
  );
}
