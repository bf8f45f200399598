import { memo, useLayoutEffect, useMemo, useRef, useState } from "react";
import { fit, headingHeight, hit, placeOf, step, type Layout } from "../fleet/layout";
import type { Group, Grouping } from "../fleet/order";
import { lookOf, makeSprites, type Look, type Sprites } from "../fleet/sprites";
import { ago, count } from "../format";
import { useMedia, useSize, useThemeName } from "../hooks";
import { useI18n } from "../i18n/context";
import { deviceHref } from "../router";
import type { BlindView } from "../blind/store";
import { isState, type Summary } from "../types";
import { BlindMark, useBlindReason } from "./blind_mark";
import { useReason } from "./reason";
import { StateBadge } from "./state_badge";
import { StateIcon } from "./icons";

interface Props {
  groups: Group[];
  grouping: Grouping;
  blind: BlindView;
  now: () => number;
  onGroup: (key: string) => void;
}

const sizes = [28, 24, 20, 17, 14, 12, 11, 10, 9];
const touchSizes = [32, 28, 24, 20]; // a finger is no arrow

// The whole fleet as a map, one cell a device, drawn on a canvas of the visible part. To a screen reader it is a list box whose
// options exist one at a time.
export function FleetMap({ groups, grouping, blind, now, onGroup }: Props) {
  const { language, t } = useI18n();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef(new Painter());
  const { width, height } = useSize(frame);
  const touch = useMedia("(pointer: coarse)");
  const theme = useThemeName();
  const [active, setActive] = useState<{ id: string; by: "pointer" | "key" } | null>(null);

  const devices = useMemo(() => groups.flatMap((each) => each.devices), [groups]);
  const room = Math.max(240, Math.min(640, Math.round(window.innerHeight * 0.55)));
  // Moves within a group change no place: the layout stays the same object, and the painter sees that.
  const sizesOfGroups = groups.map((each) => each.devices.length).join(",");
  const layout = useMemo(
    () => fit(groups.map((each) => each.devices.length), Math.max(80, width), room, touch ? touchSizes : sizes, grouping !== "none"),
    [sizesOfGroups, width, room, touch, grouping],
  );
  const index = active === null ? -1 : devices.findIndex((each) => each.id === active.id);
  const chosen = index < 0 ? undefined : devices[index];

  const scale = window.devicePixelRatio || 1;
  const sprites = useMemo<Sprites | null>(
    () => (width === 0 ? null : makeSprites(layout.cell, scale)),
    // The theme is read from the page's style.
    [layout.cell, scale, theme, width === 0],
  );

  useLayoutEffect(() => {
    const scroller = frame.current;
    if (scroller === null || sprites === null) return;
    let asked = 0;
    const now = () => {
      asked = 0;
      painter.current.paint(canvas.current, scroller, layout, devices, blind, sprites, scale);
    };
    const later = () => {
      if (asked === 0) asked = requestAnimationFrame(now);
    };
    later();
    scroller.addEventListener("scroll", later, { passive: true });
    return () => {
      cancelAnimationFrame(asked);
      scroller.removeEventListener("scroll", later);
    };
  }, [layout, devices, blind, sprites, scale, width, height]);

  const at = (event: React.PointerEvent | React.MouseEvent) => {
    const scroller = frame.current;
    if (scroller === null) return -1;
    const box = scroller.getBoundingClientRect();
    return hit(layout, event.clientX - box.left, event.clientY - box.top + scroller.scrollTop);
  };
  const point = (found: number, by: "pointer" | "key") => {
    const device = devices[found];
    setActive((old) => (device === undefined ? null : old?.id === device.id && old.by === by ? old : { id: device.id, by }));
  };
  const walk = (event: React.KeyboardEvent) => {
    const page = layout.columns * 5;
    let next = index;
    switch (event.key) {
      case "ArrowLeft":
      case "ArrowRight":
      case "ArrowUp":
      case "ArrowDown":
        next = index < 0 ? 0 : step(layout, index, event.key);
        break;
      case "Home":
        next = 0;
        break;
      case "End":
        next = devices.length - 1;
        break;
      case "PageDown":
        next = Math.min(devices.length - 1, Math.max(0, index) + page);
        break;
      case "PageUp":
        next = Math.max(0, index - page);
        break;
      case "Enter":
      case " ":
        if (chosen !== undefined) window.location.hash = deviceHref(chosen.id);
        break;
      case "Escape":
        setActive(null);
        return;
      default:
        return;
    }
    event.preventDefault();
    point(next, "key");
    reveal(frame.current, layout, next);
  };

  const option = chosen ?? devices[0];
  const place = index < 0 ? null : placeOf(layout, index);
  return (
    <div className="map">
      <div
        ref={frame}
        className="map-frame"
        style={{ height: Math.min(room, Math.max(40, layout.height)) }}
        onPointerMove={(event) => event.pointerType !== "touch" && point(at(event), "pointer")}
        onPointerLeave={(event) => event.pointerType !== "touch" && setActive((old) => (old?.by === "pointer" ? null : old))}
        onClick={(event) => {
          const device = devices[at(event)];
          if (device === undefined) return setActive(null);
          // On a touch screen the first touch shows, the second one opens.
          if (!touch || active?.id === device.id) window.location.hash = deviceHref(device.id);
          else point(at(event), "pointer");
        }}
      >
        <div className="map-whole" style={{ height: layout.height }}>
          <canvas ref={canvas} className="map-canvas" aria-hidden="true" />
          {grouping === "none"
            ? null
            : layout.bands.map((band, i) => (
                <Heading
                  key={groups[i]?.key ?? ""}
                  grouping={grouping}
                  name={groups[i]?.key ?? ""}
                  top={band.top}
                  total={band.count}
                  troubled={grouping === "state" ? 0 : (groups[i]?.troubled ?? 0)}
                  onGroup={onGroup}
                />
              ))}
          {chosen === undefined || place === null ? null : (
            <span className="map-active" style={{ left: place.x, top: place.y, width: layout.cell, height: layout.cell }} />
          )}
        </div>
        <div
          className="map-keys"
          role="listbox"
          tabIndex={0}
          aria-label={t("map.label", { count: count(language, devices.length) })}
          aria-activedescendant="map-active"
          onKeyDown={walk}
          onFocus={() => {
            if (chosen === undefined) point(0, "key");
          }}
          onBlur={() => setActive((old) => (old?.by === "key" ? null : old))}
        >
          {option === undefined ? null : (
            <MapOption device={option} blind={blind} index={Math.max(0, index)} total={devices.length} />
          )}
        </div>
      </div>
      {chosen === undefined ? null : <Tip device={chosen} blind={blind} layout={layout} index={index} frame={frame.current} now={now} touch={touch} />}
    </div>
  );
}

function MapOption({ device, blind, index, total }: { device: Summary; blind: BlindView; index: number; total: number }) {
  const { t } = useI18n();
  const reasonOf = useReason();
  return (
    <div id="map-active" role="option" className="sr-only" aria-selected="true" aria-posinset={index + 1} aria-setsize={total}>
      {`${device.name || device.id}, ${t(`state.${device.state}`)}, ${reasonOf(device)}${blind?.has(device.id) === true ? ` ${t("blind.count")}` : ""}`}
    </div>
  );
}

export function groupName(grouping: Grouping, key: string, t: ReturnType<typeof useI18n>["t"]): string {
  if (key === "") return t(grouping === "tag" ? "map.no_tag" : "map.no_subnet");
  return grouping === "state" && isState(key) ? t(`state.${key}`) : key;
}

const Heading = memo(function Heading(props: {
  grouping: Grouping;
  name: string;
  top: number;
  total: number;
  troubled: number;
  onGroup: (key: string) => void;
}) {
  const { language, t } = useI18n();
  const { grouping, name, top, total, troubled, onGroup } = props;
  return (
    <button
      type="button"
      className="map-heading"
      style={{ top, height: headingHeight }}
      tabIndex={-1}
      onClick={(event) => {
        event.stopPropagation();
        onGroup(name);
      }}
    >
      {isState(name) ? <StateIcon state={name} /> : null}
      <bdi>{groupName(grouping, name, t)}</bdi> <span className="muted">{count(language, total)}</span>
      {troubled === 0 ? null : <span className="map-bad">{count(language, troubled)}</span>}
    </button>
  );
});

function Tip(props: { device: Summary; blind: BlindView; layout: Layout; index: number; frame: HTMLElement | null; now: () => number; touch: boolean }) {
  const { language, t } = useI18n();
  const reasonOf = useReason();
  const { device, layout, index, frame } = props;
  const why = useBlindReason();
  const place = placeOf(layout, index);
  if (place === null || frame === null) return null;
  const blind = props.blind?.get(device.id);
  const y = place.y - frame.scrollTop;
  const above = y > frame.clientHeight / 2;
  const left = Math.min(Math.max(0, place.x - 120), Math.max(0, frame.clientWidth - 300));
  return (
    <div
      className={props.touch ? "tip tip-touch" : "tip"}
      aria-hidden="true"
      data-tip={device.id}
      style={above ? { left, bottom: frame.clientHeight - y + 8 } : { left, top: y + layout.cell + 8 }}
    >
      <strong className="clamp"><bdi>{device.name || device.id}</bdi></strong>
      <span className="muted mono clamp">{device.id} · {device.address || device.url}</span>
      <span className="tip-state">
        <StateBadge state={device.state} />
        <span className="muted">{t("device.since", { time: ago(language, device.since, props.now()) })}</span>
      </span>
      <span>{reasonOf(device)}</span>
      {blind === undefined ? null : <BlindMark interval={blind} now={props.now()} />}
      {blind === undefined ? null : <small>{why(blind)}</small>}
      {device.detail ? <small className="clamp">{device.detail}</small> : null}
      {props.touch ? <span className="tip-open">{t("map.touch")}</span> : null}
    </div>
  );
}

function reveal(frame: HTMLElement | null, layout: Layout, index: number): void {
  const place = placeOf(layout, index);
  if (frame === null || place === null) return;
  if (place.y < frame.scrollTop + headingHeight) frame.scrollTop = Math.max(0, place.y - headingHeight);
  else if (place.y + layout.cell > frame.scrollTop + frame.clientHeight) frame.scrollTop = place.y + layout.cell - frame.clientHeight;
}

// Paints the rows that are in sight; where nothing but states changed since the last time, only the cells of those.
class Painter {
  private shown: (Look | undefined)[] = [];
  private last: { layout: Layout; sprites: Sprites; top: number; width: number; height: number } | null = null;

  paint(canvas: HTMLCanvasElement | null, frame: HTMLElement, layout: Layout, devices: readonly Summary[], blind: BlindView, sprites: Sprites, scale: number): void {
    const pen = canvas?.getContext("2d");
    if (canvas === null || pen == null) return;
    const { clientWidth: width, clientHeight: height, scrollTop: top } = frame;
    const { last } = this;
    const same =
      last !== null && last.layout === layout && last.sprites === sprites && last.top === top && last.width === width && last.height === height;
    if (!same) {
      if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
        canvas.width = Math.round(width * scale);
        canvas.height = Math.round(height * scale);
        canvas.style.width = `${width}px`;
        canvas.style.height = `${height}px`;
      }
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.clearRect(0, 0, width, height);
      this.shown = [];
      this.last = { layout, sprites, top, width, height };
    }
    const { cell, columns } = layout;
    for (const band of layout.bands) {
      const firstRow = Math.max(0, Math.floor((top - band.cells) / cell));
      const lastRow = Math.min(Math.ceil(band.count / columns), Math.ceil((top + height - band.cells) / cell));
      const end = band.first + Math.min(band.count, lastRow * columns);
      for (let at = band.first + firstRow * columns; at < end; ++at) {
        const device = devices[at];
        if (device === undefined) continue;
        const look = lookOf(device.state, blind?.has(device.id) === true);
        if (this.shown[at] === look) continue;
        const inside = at - band.first;
        const x = (inside % columns) * cell;
        const y = band.cells + Math.floor(inside / columns) * cell - top;
        if (this.shown[at] !== undefined) pen.clearRect(x, y, cell, cell);
        pen.drawImage(sprites[look], x, y, cell, cell);
        this.shown[at] = look;
      }
    }
  }
}
