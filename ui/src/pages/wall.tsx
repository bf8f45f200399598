import { useEffect, useMemo, useRef, useState } from "react";
import { Dialog } from "../components/dialog";
import { CloseIcon, FullIcon, MuteIcon, PlusIcon, SoundIcon } from "../components/icons";
import { toggleFullscreen } from "../components/live_view";
import { Problem } from "../components/problem";
import { Stage } from "../components/stage";
import { StateIcon } from "../components/icons";
import { useApi, useFleet, useHubState } from "../gateway";
import { useInSight, useKeys, usePolled, useSettled, useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref, pageHref, replaceHash } from "../router";
import type { FleetChannel, Profile, ProfileInfo, State } from "../types";
import { parseWall, put, resize, swap, wallQuery, wallSizes, type Place, type WallAddress } from "../wall/address";

export function WallPage({ query }: { query: URLSearchParams }) {
  const { t } = useI18n();
  useTitle(t("wall.title"));
  const wall = useMemo(() => parseWall(query), [query]);
  const [choosing, setChoosing] = useState<number | null>(null);
  const [full, setFull] = useState<number | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const show = (next: WallAddress) => replaceHash(pageHref("wall", wallQuery(next)));
  useKeys({
    f: () => toggleFullscreen(grid.current),
    ...Object.fromEntries(wallSizes.map((size, i) => [String(i + 1), () => show(resize(wall, size))])),
  });
  const empty = wall.places.every((each) => each === null);

  return (
    <main className="page page-wide" id="content">
      <div className="page-head">
        <h1>{t("wall.title")}</h1>
        <fieldset className="segmented">
          <legend className="sr-only">{t("wall.size")}</legend>
          {wallSizes.map((size) => (
            <label key={size}>
              <input type="radio" name="wall-size" checked={wall.size === size} onChange={() => show(resize(wall, size))} />
              <span>{size}</span>
            </label>
          ))}
        </fieldset>
        <span className="spacer" />
        <FillButton wall={wall} onFill={show} />
        <button type="button" className="button-quiet" aria-label={t("live.fullscreen")} title={t("live.fullscreen")} onClick={() => toggleFullscreen(grid.current)}>
          <FullIcon />
        </button>
      </div>
      {empty ? <p className="muted lead">{t("wall.lead")}</p> : null}
      <div ref={grid} className={`wall wall-${wall.size}`}>
        {wall.places.map((place, index) => (
          <div className="wall-place" key={index} data-place={index}>
            {place === null ? (
              <button type="button" className="wall-empty" onClick={() => setChoosing(index)}>
                <PlusIcon />
                {t("wall.choose", { n: index + 1 })}
              </button>
            ) : (
              <Tile
                key={`${place.device}/${place.channel}`}
                place={place}
                profile={wall.size === 1 ? "main" : "sub"}
                onChoose={() => setChoosing(index)}
                onClear={() => show(put(wall, index, null))}
                onMove={(by) => {
                  const to = index + by;
                  if (to >= 0 && to < wall.size) show(swap(wall, index, to));
                }}
                onFull={(element) => {
                  setFull(index);
                  toggleFullscreen(element);
                }}
                full={full === index}
              />
            )}
          </div>
        ))}
      </div>
      {choosing === null ? null : (
        <Chooser
          onClose={() => setChoosing(null)}
          onChoose={(place) => {
            show(put(wall, choosing, place));
            setChoosing(null);
          }}
        />
      )}
    </main>
  );
}

const tileMs = 15_000;

function Tile(props: {
  place: Place;
  profile: Profile;
  full: boolean;
  onChoose: () => void;
  onClear: () => void;
  onMove: (by: number) => void;
  onFull: (element: HTMLElement | null) => void;
}) {
  const { language, t } = useI18n();
  const api = useApi();
  const { place, profile } = props;
  const element = useRef<HTMLElement>(null);
  const seen = useInSight(element);
  const [muted, setMuted] = useState(true);
  const state = useStateOf(place.device);
  const polled = usePolled(`device ${place.device} ${language}`, (signal) => api.device(place.device, signal), tileMs);
  const device = polled.data;
  const channel = device?.channels.find((each) => each.number === place.channel);
  const now = state ?? device?.state;
  const available = now === "online" || now === "degraded";
  const name = device?.name || place.device;
  // A camera with one channel is called as itself.
  const label = device === null || device.channels.length < 2 ? name : `${name} – ${channel?.name || place.channel}`;
  return (
    <article ref={element} className="tile" aria-label={label.slice(0, 120)} data-tile={`${place.device}/${place.channel}`}>
      <Stage
        key={profile}
        device={place.device}
        name={label.slice(0, 120)}
        channel={place.channel}
        profile={profile}
        profiles={channel?.profiles ?? noProfiles}
        available={available}
        on={seen}
        muted={muted}
        compact
      >
        {({ live }) => (
          <div className="tile-bar">
            {now === undefined ? null : <StateIcon state={now} />}
            <a className="tile-name clamp" href={deviceHref(place.device, place.channel, profile)}><bdi>{label}</bdi></a>
            {/mp4a|opus/i.test(live?.figures?.mime ?? "") ? (
              <button type="button" className="tile-button" aria-label={t(muted ? "live.unmute" : "live.mute")} title={t(muted ? "live.unmute" : "live.mute")} onClick={() => setMuted(!muted)}>
                {muted ? <MuteIcon /> : <SoundIcon />}
              </button>
            ) : null}
            <button
              type="button"
              className="tile-button"
              aria-label={t("wall.change", { name: label.slice(0, 60) })}
              title={t("wall.change.hint")}
              onClick={props.onChoose}
              onKeyDown={(event) => {
                if (event.key === "ArrowLeft") props.onMove(-1);
                if (event.key === "ArrowRight") props.onMove(1);
              }}
            >
              <PlusIcon />
            </button>
            <button type="button" className="tile-button" aria-label={t("live.fullscreen")} title={t("live.fullscreen")} onClick={() => props.onFull(element.current)}>
              <FullIcon />
            </button>
            <button type="button" className="tile-button" aria-label={t("wall.clear", { name: label.slice(0, 60) })} title={t("wall.clear", { name: label.slice(0, 60) })} onClick={props.onClear}>
              <CloseIcon />
            </button>
          </div>
        )}
      </Stage>
    </article>
  );
}

const noProfiles: readonly ProfileInfo[] = [{ profile: "main" }, { profile: "sub" }];

// As the event stream says it, sooner than the next question would.
function useStateOf(id: string): State | undefined {
  const hub = useHubState();
  const fleet = useFleet();
  const devices = fleet.devices;
  return useMemo(() => (hub === "open" ? devices?.find((each) => each.id === id)?.state : undefined), [devices, id, hub]);
}

// Fills the empty places with channels that are online.
function FillButton({ wall, onFill }: { wall: WallAddress; onFill: (wall: WallAddress) => void }) {
  const { t } = useI18n();
  const api = useApi();
  const [error, setError] = useState<unknown>(null);
  if (wall.places.every((each) => each !== null)) return null;
  const fill = async () => {
    setError(null);
    try {
      const { items } = await api.channels("", 200);
      const taken = new Set(wall.places.flatMap((each) => (each === null ? [] : [`${each.device}/${each.channel}`])));
      const free = items.filter((each) => isUp(each) && !taken.has(`${each.device}/${each.number}`));
      onFill({
        ...wall,
        places: wall.places.map((each) => {
          const next = each === null ? free.shift() : undefined;
          return next === undefined ? each : { device: next.device, channel: next.number };
        }),
      });
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <>
      {error === null ? null : <Problem error={error} />}
      <button type="button" className="button" onClick={fill}>{t("wall.fill")}</button>
    </>
  );
}

function isUp(channel: FleetChannel): boolean {
  return channel.online !== false && (channel.device_state === undefined || channel.device_state === "online" || channel.device_state === "degraded");
}

const found = 100;

function Chooser({ onClose, onChoose }: { onClose: () => void; onChoose: (place: Place) => void }) {
  const { t } = useI18n();
  const api = useApi();
  const [text, setText] = useState("");
  const [channels, setChannels] = useState<FleetChannel[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const q = useSettled(text.trim(), 250);
  useEffect(() => {
    const stop = new AbortController();
    api.channels(q, found, stop.signal).then(
      (page) => {
        setChannels(page.items);
        setError(null);
      },
      (cause: unknown) => {
        if (!stop.signal.aborted) setError(cause);
      },
    );
    return () => stop.abort();
  }, [api, q]);
  return (
    <Dialog title={t("wall.choose.title")} onClose={onClose}>
      <div className="field">
        <label htmlFor="wall-search">{t("wall.search")}</label>
        <input id="wall-search" type="search" autoFocus maxLength={128} spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      {error === null ? null : <Problem error={error} />}
      {channels === null ? null : channels.length === 0 ? (
        <p className="muted" role="status">{t("wall.none")}</p>
      ) : (
        <ul className="chooser">
          {channels.map((each) => (
            <li key={`${each.device}/${each.number}`}>
              <button type="button" onClick={() => onChoose({ device: each.device, channel: each.number })} data-choice={`${each.device}/${each.number}`}>
                {each.device_state === undefined ? null : <StateIcon state={each.device_state} />}
                <span className="clamp"><bdi>{each.device_name || each.device}</bdi></span>
                <span className="muted clamp"><bdi>{each.name || t("device.channel", { n: each.number })}</bdi></span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
