import { useEffect, useRef, useState, type ReactNode } from "react";
import { ApiError } from "../api";
import { duration } from "../format";
import { useTick } from "../hooks";
import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";
import { hasMediaSource } from "../player/browser_env";
import { codecNames } from "../player/codec_names";
import { chooseForm } from "../player/fallback";
import { usePictures } from "../player/pictures";
import type { Status } from "../player/mse_player";
import { usePlayer, type Live } from "../player/use_player";
import type { Profile, ProfileInfo } from "../types";
import { PlayIcon } from "./icons";

export interface StageState {
  // null while pictures are shown in place of video.
  live: Live | null;
  frame: React.RefObject<HTMLDivElement | null>;
}

interface Props {
  device: string;
  name: string;
  channel: number;
  profile: Profile;
  profiles: readonly ProfileInfo[];
  // Whether the device is there to give a picture.
  available: boolean;
  // False: nothing is pulled, as when nobody sees it.
  on?: boolean;
  muted: boolean;
  compact?: boolean;
  children?: (state: StageState) => ReactNode;
}

// One channel's picture: video where this browser decodes it, else another profile, else a picture each second; never a black
// square without a word.
export function Stage(props: Props) {
  const { device, channel, profile, profiles } = props;
  const [refused, setRefused] = useState<ReadonlyMap<Profile, string>>(() =>
    hasMediaSource() ? new Map() : new Map((["main", "sub", "third"] as const).map((each) => [each, ""])),
  );
  const form = chooseForm(profile, profiles, refused);
  const why = refused.get(profile);
  const stream = `${device}/${channel}/${form.profile}`;
  if (form.kind === "pictures") return <PictureStage key={stream} {...props} stream={stream} mime={why ?? ""} />;
  return (
    <VideoStage
      key={stream}
      {...props}
      profile={form.profile}
      instead={form.profile === profile ? null : (why ?? "")}
      onRefused={(mime) => setRefused((old) => new Map(old).set(form.profile, mime))}
    />
  );
}

function VideoStage(props: Props & { instead: string | null; onRefused: (mime: string) => void }) {
  const { t } = useI18n();
  const { device, name, channel, profile, available, muted, instead, onRefused } = props;
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const live = usePlayer(video, still, { device, channel, profile, available, on: props.on !== false });
  const { status } = live;
  const mime =
    status.kind === "unsupported"
      ? status.mime
      : status.kind === "waiting" && (status.error.code === "media.unsupported_codec" || status.error.code === "player.unsupported")
        ? status.error.detail || status.error.code
        : null;
  useEffect(() => {
    if (mime !== null) onRefused(mime);
    // The parent's function is another one at each rendering.
  }, [mime]);
  return (
    <>
      <div className="live-frame" ref={frame} data-status={status.kind} data-form="video" data-shown={profile}>
        <video
          ref={(element) => {
            video.current = element;
            if (element !== null) (element as { disableRemotePlayback?: boolean }).disableRemotePlayback = true;
          }}
          muted={muted}
          playsInline
          aria-label={name}
        />
        <canvas ref={still} className="live-still" hidden={status.kind === "playing"} aria-hidden="true" />
        <Overlay status={status} available={available} compact={props.compact === true} onStart={live.start} />
        {instead === null ? null : <Note mime={instead} text={t("live.instead", { profile: t(`live.${profile}`) })} compact={props.compact === true} />}
      </div>
      {props.children?.({ live, frame })}
    </>
  );
}

function PictureStage(props: Props & { stream: string; mime: string }) {
  const { language, t } = useI18n();
  const frame = useRef<HTMLDivElement>(null);
  const { url, ageMs, error } = usePictures(props.stream, props.compact === true ? 480 : 640, props.available && props.on !== false);
  const problem = error instanceof ApiError ? error : null;
  const code = problem?.code ?? "client.unreachable";
  return (
    <>
      <div className="live-frame" ref={frame} data-status={url === null ? "connecting" : "playing"} data-form="pictures">
        {url === null ? null : <img className="live-picture" src={url} alt={props.name} />}
        {!props.available ? (
          <div className="live-overlay" role="status">
            <strong>{t("error.device.offline")}</strong>
            {props.compact === true ? null : <span>{t("live.offline")}</span>}
          </div>
        ) : error !== null ? (
          <div className="live-overlay" role="alert">
            <strong>{problem?.message || errorText(language, code) || code}</strong>
            {problem?.detail && props.compact !== true ? <span>{problem.detail}</span> : null}
            <code>{code}</code>
          </div>
        ) : url === null ? (
          <div className="live-overlay" role="status">
            <span className="spinner" aria-hidden="true" />
            {t("live.pictures.first")}
          </div>
        ) : null}
        <Note
          mime={props.mime}
          text={ageMs === null || !(ageMs >= 1_000) ? t("live.pictures") : t("live.pictures.age", { time: duration(language, ageMs) })}
          compact={props.compact === true}
        />
      </div>
      {props.children?.({ live: null, frame })}
    </>
  );
}

// Why something else is shown than what was asked for.
function Note({ mime, text, compact }: { mime: string; text: string; compact: boolean }) {
  const { t } = useI18n();
  const codec = codecNames(mime)[0] ?? "";
  return (
    <p className="live-note" title={mime} data-testid="live.note">
      {compact ? null : codec === "" ? `${t("live.no_mse")} ` : `${t("live.undecodable", { codec })} `}
      {text}
    </p>
  );
}


function Overlay(props: { status: Status; available: boolean; compact: boolean; onStart: () => void }) {
  const { status, available, compact, onStart } = props;
  const { language, t } = useI18n();
  useTick();
  if (status.kind === "playing") return null;
  if (!available) {
    return (
      <div className="live-overlay" role="status">
        <strong>{t("error.device.offline")}</strong>
        {compact ? null : <span>{t("live.offline")}</span>}
      </div>
    );
  }
  switch (status.kind) {
    case "connecting":
    case "unsupported":
      return (
        <div className="live-overlay" role="status">
          <span className="spinner" aria-hidden="true" />
          {compact ? <span className="sr-only">{t("live.connecting")}</span> : t("live.connecting")}
          {status.kind === "connecting" && status.error !== undefined ? (
            <span>{errorText(language, status.error.code) ?? status.error.code}</span>
          ) : null}
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
    case "waiting": {
      const { code, detail } = status.error;
      const text = errorText(language, code) ?? code;
      return (
        <div className="live-overlay" role={compact ? "status" : "alert"}>
          <strong>{text}</strong>
          {detail === "" || detail === text || compact ? null : <span>{detail}</span>}
          {compact ? null : <code>{code}</code>}
          <span className="live-again">
            <span aria-hidden="true">
              {t("live.again", { time: duration(language, Math.max(0, status.retryAt - performance.now()) + 999) })}
            </span>
            {compact ? null : <button type="button" className="button" onClick={onStart}>{t("live.now")}</button>}
          </span>
        </div>
      );
    }
  }
}
