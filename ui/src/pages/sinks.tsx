import { useState } from "react";
import { ParkedEntries } from "../components/parked_entries";
import { EditIcon, PauseIcon, PlayIcon, PlusIcon, ReloadIcon, StateIcon, TrashIcon } from "../components/icons";
import { Pair } from "../components/explain_panel";
import { Problem } from "../components/problem";
import { ReplayForm } from "../components/replay_form";
import { SinkForm } from "../components/sink_form";
import { Sure } from "../components/sure";
import { ago, count, duration } from "../format";
import { useApi, useMay } from "../gateway";
import { useKeys, usePolled, useTick, useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";
import { targetOf } from "../sinks/fields";
import type { Sink, SinkPatch, SinkState, State } from "../types";

const everyMs = 3_000;
type Asked = { what: "edit" | "remove" | "replay" | "parked"; id: string } | { what: "add" };

// Where events go, how far each sink is, and what it does not take.
export function SinksPage() {
  const { language, t } = useI18n();
  useTitle(t("sinks.title"));
  const api = useApi();
  const mayChange = useMay("admin");
  const polled = usePolled(`sinks ${language}`, (signal) => api.sinks(signal), everyMs);
  const [asked, setAsked] = useState<Asked | null>(null);
  useKeys({ ...(mayChange ? { n: () => setAsked({ what: "add" }) } : {}) });
  const sinks = polled.data;
  const one = asked === null || asked.what === "add" ? undefined : sinks?.find((each) => each.id === asked.id);
  const close = () => {
    setAsked(null);
    polled.refresh();
  };
  // What the form was filled from: the list goes on meanwhile.
  const [opened, setOpened] = useState<Sink | null>(null);
  const submit = async (body: SinkPatch) => {
    if (asked?.what !== "edit" || opened === null) await api.addSink(body);
    else await api.editSink(opened.id, body, opened.revision);
    close();
  };
  const ask = (what: "edit" | "remove" | "replay" | "parked", sink: Sink) => {
    setOpened(sink);
    setAsked({ what, id: sink.id });
  };
  return (
    <main className="page" id="content">
      <div className="page-head">
        <h1>{t("sinks.title")}</h1>
        <span className="spacer" />
        {mayChange ? <button type="button" className="button button-primary" onClick={() => setAsked({ what: "add" })}><PlusIcon />{t("sinks.add")}</button> : null}
      </div>
      <p className="muted lead">{t("sinks.lead")}</p>
      {polled.error === null ? null : <Problem error={polled.error} />}
      {sinks === null ? (
        polled.error === null ? <p className="empty" role="status">{t("events.loading")}</p> : null
      ) : sinks.length === 0 ? (
        <p className="empty" role="status">{t("sinks.none")}</p>
      ) : (
        <ul className="sinks">
          {sinks.map((each) => <SinkCard key={each.id} sink={each} now={api.now()} onAsk={ask} onChanged={() => polled.refresh()} />)}
        </ul>
      )}
      {asked?.what === "add" ? <SinkForm given={null} onClose={close} onSubmit={submit} /> : null}
      {asked?.what === "edit" && opened !== null ? (
        <SinkForm key={opened.revision} given={opened} onClose={close} onSubmit={submit} onReload={() => api.sink(opened.id).then(setOpened, close)} />
      ) : null}
      {asked?.what === "remove" && one !== undefined ? (
        <Sure title={t("sinks.remove")} text={t("sinks.remove.confirm", { id: one.id, pending: count(language, one.pending) })} button={t("device.remove")} run={() => api.removeSink(one.id)} onClose={close} />
      ) : null}
      {asked?.what === "replay" && one !== undefined ? <ReplayForm sink={one} onClose={close} /> : null}
      {asked?.what === "parked" && one !== undefined ? <ParkedEntries sink={one} onClose={close} /> : null}
    </main>
  );
}

// The states of sinks look like those of devices that mean as much.
const looks: Record<SinkState, State> = { delivering: "online", idle: "online", retrying: "backoff", refused: "rejected", paused: "disabled" };

function SinkCard(props: { sink: Sink; now: number; onAsk: (what: "edit" | "remove" | "replay" | "parked", sink: Sink) => void; onChanged: () => void }) {
  const { language, t } = useI18n();
  const api = useApi();
  const mayChange = useMay("admin");
  const { sink, now, onAsk, onChanged } = props;
  const [busy, setBusy] = useState("");
  const [said, setSaid] = useState<{ good: string } | { error: unknown } | null>(null);
  useTick();
  const run = async (what: "pause" | "resume" | "test") => {
    setBusy(what);
    setSaid(null);
    try {
      await api.askSink(sink.id, what);
      if (what === "test") setSaid({ good: t("sinks.test.good") });
    } catch (error) {
      setSaid({ error });
    }
    setBusy("");
    onChanged();
  };
  const look = Object.hasOwn(looks, sink.state) ? looks[sink.state] : "waiting";
  const heard = ago(language, sink.last_delivery, now);
  const next = sink.next_attempt === null ? NaN : Date.parse(sink.next_attempt) - now;
  return (
    <li className="card panel sink" data-sink={sink.id} data-sink-state={sink.state}>
      <div className="panel-head">
        <h2><span className="break">{sink.id}</span> <span className="tag">{t(`sinks.kind.${sink.kind}`)}</span></h2>
        <span className={`badge state-${look}`}><StateIcon state={look} />{t(sink.enabled ? `sinks.state.${sink.state}` : "sinks.state.off")}</span>
      </div>
      <p className="mono break muted">{targetOf(sink)}</p>
      {sink.reason ? (
        <p className="break" data-testid="sink-why">
          {sink.reason_text || errorText(language, sink.reason) || sink.reason} {sink.detail ? <small><bdi>{sink.detail}</bdi></small> : null}
        </p>
      ) : null}
      <dl className="pairs sink-figures">
        <Pair name={t("account.pending")} value={<span data-testid="pending">{count(language, sink.pending)}</span>} />
        <Pair name={t("account.delivered")} value={count(language, sink.delivered)} />
        <Pair
          name={t("account.parked")}
          value={sink.parked > 0 ? <button type="button" className="link-button warn" onClick={() => onAsk("parked", sink)}>{t("sinks.parked.show", { count: count(language, sink.parked) })}</button> : "0"}
        />
        <Pair name={t("sinks.last")} value={heard === "" ? t("app.none") : t("app.ago", { time: heard })} />
        {Number.isNaN(next) ? null : <Pair name={t("device.next")} value={next > 0 ? t("device.next.in", { time: duration(language, next + 999) }) : t("device.next.now")} />}
        {sink.replay == null ? null : (
          <Pair
            name={t("sinks.replay")}
            value={t(sink.replay.running ? "sinks.replay.runs" : "sinks.replay.ended", { delivered: count(language, sink.replay.delivered), failed: count(language, sink.replay.failed) })}
          />
        )}
      </dl>
      {said === null ? null : "good" in said ? <p className="notice notice-good" role="status">{said.good}</p> : <Problem error={said.error} />}
      {sink.declared === true ? <p className="muted">{t("sinks.declared")}</p> : null}
      {mayChange ? (
        <div className="sink-actions">
          <button type="button" className="button" disabled={busy !== ""} onClick={() => run("test")}>{t(busy === "test" ? "sinks.busy" : "sinks.test")}</button>
          {sink.paused ? (
            <button type="button" className="button" disabled={busy !== ""} onClick={() => run("resume")}><PlayIcon />{t("sinks.resume")}</button>
          ) : (
            <button type="button" className="button" disabled={busy !== ""} onClick={() => run("pause")}><PauseIcon />{t("sinks.pause")}</button>
          )}
          <button type="button" className="button" onClick={() => onAsk("replay", sink)}><ReloadIcon />{t("sinks.replay")}</button>
          {sink.declared === true ? null : (
            <>
              <button type="button" className="button" onClick={() => onAsk("edit", sink)}><EditIcon />{t("device.edit")}</button>
              <button type="button" className="button button-danger" onClick={() => onAsk("remove", sink)}><TrashIcon />{t("device.remove")}</button>
            </>
          )}
        </div>
      ) : null}
    </li>
  );
}
