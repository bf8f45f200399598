import { useState } from "react";
import { bitRate, milliseconds } from "../format";
import { useKeys } from "../hooks";
import { useI18n } from "../i18n/context";
import { codecNames } from "../player/codec_names";
import type { Figures } from "../player/mse_player";
import type { Live } from "../player/use_player";
import { deviceHref } from "../router";
import type { Profile, ProfileInfo } from "../types";
import { FullIcon, MuteIcon, PlayIcon, SoundIcon, StopIcon } from "./icons";
import { SnapshotButton } from "./snapshot";
import { Stage } from "./stage";

interface Props {
  device: string;
  name: string;
  channel: number;
  profile: Profile;
  profiles: readonly ProfileInfo[];
  // Whether the device is there to give a picture.
  available: boolean;
}

// One stream: the picture, its controls and its figures.
export function LiveView(props: Props) {
  const { t } = useI18n();
  const [muted, setMuted] = useState(true);
  return (
    <section className="live card" aria-label={t("live.title")}>
      <Stage {...props} muted={muted}>
        {({ live, frame }) => (
          <>
            <Bar {...props} live={live} muted={muted} onMuted={setMuted} frame={frame} />
            {live === null || (!props.available && live.figures === null) ? null : <FigureRow figures={live.figures} />}
          </>
        )}
      </Stage>
    </section>
  );
}

function Bar(props: Props & { live: Live | null; muted: boolean; onMuted: (muted: boolean) => void; frame: React.RefObject<HTMLDivElement | null> }) {
  const { t } = useI18n();
  const { device, name, channel, profile, profiles, live, muted, onMuted, frame } = props;
  const running = live !== null && live.status.kind !== "stopped";
  const hasSound = /mp4a|opus/i.test(live?.figures?.mime ?? "");
  const toProfile = (index: number) => {
    const other = profiles[index]?.profile;
    if (other !== undefined) window.location.hash = deviceHref(device, channel, other);
  };
  useKeys({
    f: () => toggleFullscreen(frame.current),
    ...(hasSound ? { m: () => onMuted(!muted) } : {}),
    "1": () => toProfile(0),
    "2": () => toProfile(1),
    "3": () => toProfile(2),
  });
  return (
    <div className="live-bar">
      {live === null ? null : (
        <button
          type="button"
          className="button-quiet"
          aria-label={t(running ? "live.stop" : "live.start")}
          title={t(running ? "live.stop" : "live.start")}
          onClick={running ? live.stop : live.start}
        >
          {running ? <StopIcon /> : <PlayIcon />}
        </button>
      )}
      {hasSound ? (
        <button
          type="button"
          className="button-quiet"
          data-testid="mute"
          aria-label={t(muted ? "live.unmute" : "live.mute")}
          title={t(muted ? "live.unmute" : "live.mute")}
          onClick={() => onMuted(!muted)}
        >
          {muted ? <MuteIcon /> : <SoundIcon />}
        </button>
      ) : null}
      <nav className="segmented" aria-label={t("live.profile")}>
        {profiles.map((each) => (
          <a
            key={each.profile}
            href={deviceHref(device, channel, each.profile)}
            aria-current={each.profile === profile ? "true" : undefined}
            data-profile={each.profile}
            title={[each.codec, each.width !== undefined && each.width > 0 ? `${each.width} × ${each.height}` : ""].filter(Boolean).join(" · ")}
          >
            {t(`live.${each.profile}`)}
          </a>
        ))}
      </nav>
      {live?.status.kind === "playing" ? <span className="live-pill">{t("live.playing")}</span> : null}
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
  );
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
    ["live.codec", figures === null ? none : codecNames(figures.mime).join(", ")],
  ] as const;
  return (
    <dl className="live-figures">
      {cells.map(([key, value]) => (
        <div key={key}>
          <dt>{t(key)}</dt>
          <dd data-testid={key} title={key === "live.codec" && figures !== null ? figures.mime : value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function toggleFullscreen(frame: HTMLElement | null): void {
  if (document.fullscreenElement !== null) void document.exitFullscreen();
  else frame?.requestFullscreen?.().catch(() => undefined); // refused by the browser: nothing to mend
}
