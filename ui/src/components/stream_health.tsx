import { bitRate, count, duration, milliseconds } from "../format";
import { useApi } from "../gateway";
import { usePolled } from "../hooks";
import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";
import type { State, StreamRow } from "../types";
import { Pair } from "./explain_panel";
import { StateIcon } from "./icons";

const everyMs = 2_000;

type Look = "live" | "quiet" | "starting" | "broken" | "idle";
const states: Record<Look, State> = { live: "online", quiet: "waiting", starting: "connecting", broken: "backoff", idle: "disabled" };

// A stream that is set up and sends nothing is quiet; one whose source is away, that ended or that nobody can decode is broken.
export function lookOfStream({ state, reason }: Pick<StreamRow, "state" | "reason">): Look {
  if (reason === "media.quiet") return "quiet";
  if (state === "live") return reason === null || reason === "" ? "live" : "broken";
  if (state === "starting") return "starting";
  return state === "idle" || (state === "ended" && (reason === null || reason === "" || reason === "media.ended")) ? "idle" : "broken";
}

// How well the streams of a device come in that are pulled from it now.
export function StreamHealth({ device }: { device: string }) {
  const { t } = useI18n();
  const api = useApi();
  const polled = usePolled(`streams ${device}`, (signal) => api.streams(device, signal), everyMs);
  if (polled.data === null) return null;
  return (
    <section className="card panel panel-health" aria-labelledby="health-title">
      <h2 id="health-title">{t("health.title")}</h2>
      {polled.data.length === 0 ? <p className="muted">{t("health.none")}</p> : polled.data.map((each) => <One key={each.stream} stream={each} now={api.now()} />)}
    </section>
  );
}

function One({ stream, now }: { stream: StreamRow; now: number }) {
  const { language, t } = useI18n();
  const look = lookOfStream(stream);
  const health = stream.health ?? {};
  const { packets = 0, lost = 0 } = health;
  const age = health.frame_age_ms ?? (stream.last_frame == null ? null : Math.max(0, now - Date.parse(stream.last_frame)));
  const number = (value: number) => count(language, Math.round(value * 10) / 10);
  const [, channel = "1", profile = "main"] = stream.stream.split("/");
  return (
    <div className="health" data-stream={stream.stream} data-look={look}>
      <p className="status-line">
        <StateIcon state={states[look]} />
        <strong className={`state-${states[look]}`}>{t(`health.${look}`)}</strong>
        <span className="mono">{channel}/{profile}</span>
        <span className="muted clamp">{[stream.video?.toUpperCase(), stream.width ? `${stream.width} × ${stream.height ?? 0}` : ""].filter(Boolean).join(" · ")}</span>
      </p>
      {stream.reason ? <p className="break">{errorText(language, stream.reason) ?? stream.reason}</p> : null}
      <dl className="health-figures">
        {health.kbps === undefined ? null : <Pair name={t("health.rate")} value={bitRate(language, health.kbps)} />}
        {health.fps === undefined ? null : (
          <Pair
            name={t("health.fps")}
            value={health.declared_fps == null ? t("live.fps.value", { n: number(health.fps) }) : t("health.fps.of", { now: number(health.fps), declared: number(health.declared_fps) })}
          />
        )}
        {packets + lost === 0 ? null : (
          <Pair name={t("health.loss")} value={<span className={lost > 0 ? "warn" : undefined}>{`${number((100 * lost) / (packets + lost))} % (${count(language, lost)})`}</span>} />
        )}
        {health.jitter_ms === undefined ? null : <Pair name={t("health.jitter")} value={milliseconds(language, health.jitter_ms)} />}
        {health.gop_frames ? <Pair name={t("health.gop")} value={count(language, health.gop_frames)} /> : null}
        {age === null || Number.isNaN(age) ? null : (
          <Pair name={t("health.age")} value={t("app.ago", { time: age < 1_000 ? milliseconds(language, age) : duration(language, age) })} />
        )}
        <Pair name={t("health.viewers")} value={count(language, stream.viewers)} />
      </dl>
    </div>
  );
}
