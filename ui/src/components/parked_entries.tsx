import { useState } from "react";
import { clock } from "../format";
import { useApi, useMay } from "../gateway";
import { usePolled } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref, pageHref } from "../router";
import type { ParkedEntry, Sink } from "../types";
import { Dialog } from "./dialog";
import { Problem } from "./problem";
import { Sure } from "./sure";

const everyMs = 5_000;

// What a sink does not take: each entry is tried once more or given up by a person.
export function ParkedEntries({ sink, onClose }: { sink: Sink; onClose: () => void }) {
  const { language, t } = useI18n();
  const api = useApi();
  const mayChange = useMay("admin");
  const [pages, setPages] = useState<(string | null)[]>([null]); // cursors of the pages on the way here
  const cursor = pages.at(-1) ?? null;
  const polled = usePolled(`parked ${sink.id} ${cursor ?? ""} ${language}`, (signal) => api.parked(sink.id, cursor, signal), everyMs);
  const [busy, setBusy] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [discarding, setDiscarding] = useState<ParkedEntry | null>(null);
  const items = polled.data?.items ?? null;
  const retry = async (entry: ParkedEntry) => {
    setBusy(entry.seq);
    setError(null);
    try {
      await api.settleParked(sink.id, entry.seq, "retry");
    } catch (cause) {
      setError(cause);
    }
    setBusy(null);
    polled.refresh();
  };
  return (
    <Dialog title={t("sinks.parked.title", { id: sink.id })} wide onClose={onClose}>
      <p className="muted">{t("sinks.parked.about")}</p>
      {error === null ? null : <Problem error={error} />}
      {polled.error === null ? null : <Problem error={polled.error} />}
      {items === null ? null : items.length === 0 ? (
        <p role="status">{t("sinks.parked.none")}</p>
      ) : (
        <ul className="tokens">
          {items.map((each) => (
            <li key={each.seq} data-parked={each.seq}>
              <div>
                <a className="mono break" href={pageHref("events", new URLSearchParams({ e: each.id.split("/")[0] ?? "" }))}>{each.id}</a>
                <p className="break">{each.reason_text || each.reason}</p>
                {each.detail ? <p className="muted break"><bdi>{each.detail}</bdi></p> : null}
                <p className="muted">
                  {each.device === "" ? t("events.gateway") : <a href={deviceHref(each.device)}>{each.device}</a>} · {clock(language, each.at)} · {t("sinks.parked.tries", { count: each.tries })}
                </p>
              </div>
              {mayChange ? (
                <span className="parked-tools">
                  <button type="button" className="button" disabled={busy !== null} onClick={() => retry(each)}>{t(busy === each.seq ? "sinks.busy" : "sinks.parked.retry")}</button>
                  <button type="button" className="button button-danger" disabled={busy !== null} onClick={() => setDiscarding(each)}>{t("sinks.parked.discard")}</button>
                </span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {pages.length > 1 || polled.data?.next ? (
        <p className="pager">
          <button type="button" className="button" disabled={pages.length === 1} onClick={() => setPages(pages.slice(0, -1))}>{t("app.back")}</button>
          <button type="button" className="button" disabled={!polled.data?.next} onClick={() => polled.data?.next && setPages([...pages, polled.data.next])}>{t("app.more")}</button>
        </p>
      ) : null}
      {discarding === null ? null : (
        <Sure
          title={t("sinks.parked.discard")}
          text={t("sinks.parked.discard.confirm", { id: discarding.id })}
          button={t("sinks.parked.discard")}
          run={() => api.settleParked(sink.id, discarding.seq, "discard")}
          onClose={() => {
            setDiscarding(null);
            polled.refresh();
          }}
        />
      )}
    </Dialog>
  );
}
