import { useRef, useState } from "react";
import { bitRate, duration, milliseconds } from "../format";
import { useTick } from "../hooks";
import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";
import { hasMediaSource } from "../player/browser_env";
import type { Figures, Status } from "../player/mse_player";
import { usePlayer } from "../player/use_player";
import { deviceHref } from "../router";
import type { Profile } from "../types";
import { FullIcon, MuteIcon, PlayIcon, SoundIcon, StopIcon } from "./icons";
import { SnapshotButton } from "./snapshot";

interface Props {
  device: string;
  name: string;
  channel: number;
  profile: Profile;
  profiles: Profile[];
  // Whether the device is there to give a picture.
  available: boolean;
}

// One stream: the picture, what keeps it from playing, its controls and its figures.
export function LiveView({ device, name, channel, profile, profiles, available }: Props) {
  const { t } = useI18n();
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [muted, setMuted] = useState(true);
  const live = usePlayer(video, still, { device, channel, profile, available });
  const running = live.status.kind !== "stopped";
  const hasSound = /mp4a|opus/i.test(live.figures?.mime ?? "");

  return (
    <section className="live card" aria-label={t("live.title")}>
      <div className="live-frame" ref={frame} data-status={live.status.kind}>
        <video
          ref={(element) => {
            video.current = element;
            if (element !== null) (element as { disableRemotePlayback?: boolean }).disableRemotePlayback = true;
          }}
          muted={muted}
          playsInline
          aria-label={name}
        />
        <canvas ref={still} className="live-still" hidden={live.status.kind === "playing"} aria-hidden="true" />
        <Overlay status={live.status} available={available} onStart={live.start} />
      </div>
      <div className="live-bar">
        <button
          type="button"
          className="button-quiet"
          aria-label={t(running ? "live.stop" : "live.start")}
          title={t(running ? "live.stop" : "live.start")}
          onClick={running ? live.stop : live.start}
        >
          {running ? <StopIcon /> : <PlayIcon />}
        </button>
        {hasSound ? (
          <button
            type="button"
            className="button-quiet"
            aria-label={t(muted ? "live.unmute" : "live.mute")}
            title={t(muted ? "live.unmute" : "live.mute")}
            onClick={() => setMuted(!muted)}
          >
            {muted ? <MuteIcon /> : <SoundIcon />}
          </button>
        ) : null}
        <nav className="segmented" aria-label={t("live.profile")}>
          {profiles.map((each) => (
            <a
              key={each}
              href={deviceHref(device, channel, each)}
              aria-current={each === profile ? "true" : undefined}
              data-profile={each}
            >
              {t(`live.${each}`)}
            </a>
          ))}
        </nav>
        {live.status.kind === "playing" ? <span className="live-pill">{t("live.playing")}</span> : null}
        <span className="spacer" />
        <SnapshotButton device={device} name={name} channel={channel} profile={profile} />
        <button
          type="button"
          className="button-quiet"
          aria-label={t("live.fullscreen")}
          title={t("live.fullscreen")}
          onClick={() => toggleFullscreen(frame.current)}
        >
          <FullIcon />
        </button>
      </div>
      <FigureRow figures={live.figures} />
    </section>
  );
}

function Overlay(props: { status: Status; available: boolean; onStart: () => void }) {
  const { status, available, onStart } = props;
  const { language, t } = useI18n();
  useTick();
  if (!hasMediaSource()) return <div className="live-overlay" role="alert">{t("live.no_mse")}</div>;
  if (status.kind === "playing") return null;
  if (!available) {
    return (
      <div className="live-overlay" role="status">
        <strong>{t("error.device.offline")}</strong>
        <span>{t("live.offline")}</span>
      </div>
    );
  }
  switch (status.kind) {
    case "connecting":
      return (
        <div className="live-overlay" role="status">
          <span className="spinner" aria-hidden="true" />
          {t("live.connecting")}
        </div>
      );
    case "stopped":
      return (
        <div className="live-overlay">
          <button type="button" className="button button-primary" onClick={onStart}>
            <PlayIcon />
            {t("live.start")}
          </button>
        </div>
      );
    case "unsupported":
      return (
        <div className="live-overlay" role="alert">
          <strong>{t("live.unsupported")}</strong>
          <span>{t("live.unsupported.hint")}</span>
          <code>{status.mime}</code>
        </div>
      );
    case "waiting": {
      const { code, detail } = status.error;
      return (
        <div className="live-overlay" role="alert">
          <strong>{errorText(language, code) ?? code}</strong>
          {detail === "" ? null : <span>{detail}</span>}
          <code>{code}</code>
          <span className="live-again">
            {t("live.again", { time: duration(language, Math.max(0, status.retryAt - performance.now()) + 999) })}
            <button type="button" className="button" onClick={onStart}>{t("live.now")}</button>
          </span>
        </div>
      );
    }
  }
}

function FigureRow({ figures }: { figures: Figures | null }) {
  const { language, t } = useI18n();
  const none = t("app.none");
  const cells = [
    ["live.size", figures === null || figures.width === 0 ? none : `${figures.width} × ${figures.height}`],
    ["live.fps", figures === null ? none : t("live.fps.value", { n: Math.round(figures.fps) })],
    ["live.rate", figures === null ? none : bitRate(language, figures.kbps)],
    ["live.behind", figures === null ? none : milliseconds(language, Math.round(figures.behindMs / 10) * 10)],
    ["live.dropped", figures === null ? none : String(figures.dropped)],
    ["live.codec", figures === null ? none : codecOf(figures.mime)],
  ] as const;
  return (
    <dl className="live-figures">
      {cells.map(([key, value]) => (
        <div key={key}>
          <dt>{t(key)}</dt>
          <dd data-testid={key}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function codecOf(mime: string): string {
  return /codecs="?([^"]*)"?/.exec(mime)?.[1] ?? mime;
}

function toggleFullscreen(frame: HTMLElement | null): void {
  if (document.fullscreenElement !== null) void document.exitFullscreen();
  else frame?.requestFullscreen?.().catch(() => undefined); // refused by the browser: nothing to mend
}
