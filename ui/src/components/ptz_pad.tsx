import { useEffect, useMemo, useState, type FormEvent } from "react";
import { useApi } from "../gateway";
import { useI18n } from "../i18n/context";
import { Hold } from "../ptz/hold";
import { ArrowIcon, MinusIcon, PlusIcon } from "./icons";
import { Problem } from "./problem";

// Directions as percent of the chosen speed: pan, tilt, zoom.
const moves = {
  up: [0, 1, 0],
  down: [0, -1, 0],
  left: [-1, 0, 0],
  right: [1, 0, 0],
  in: [0, 0, 1],
  out: [0, 0, -1],
} as const;
type Direction = keyof typeof moves;

const keys: Record<string, Direction> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  "+": "in",
  "=": "in",
  "-": "out",
};

// Turns and zooms a camera while a button or a key is held, and sends it to its presets.
export function PtzPad({ device, channel, available }: { device: string; channel: number; available: boolean }) {
  const { t } = useI18n();
  const api = useApi();
  const [speed, setSpeed] = useState(50);
  const [held, setHeld] = useState<Direction | null>(null);
  const [error, setError] = useState<unknown>(null);
  const hold = useMemo(
    () =>
      new Hold(
        (move) => api.ptz(device, channel, move),
        (cause) => {
          setError(cause);
          setHeld(null);
        },
      ),
    [api, device, channel],
  );
  useEffect(() => {
    const stop = () => {
      hold.stop();
      setHeld(null);
    };
    window.addEventListener("blur", stop);
    return () => {
      window.removeEventListener("blur", stop);
      hold.stop();
    };
  }, [hold]);

  const begin = (direction: Direction) => {
    const [pan, tilt, zoom] = moves[direction];
    setError(null);
    setHeld(direction);
    hold.move({ pan: pan * speed, tilt: tilt * speed, zoom: zoom * speed });
  };
  const end = () => {
    setHeld(null);
    hold.stop();
  };
  const preset = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setError(null);
    try {
      await api.ptz(device, channel, { preset: Number(new FormData(event.currentTarget).get("preset")) });
    } catch (cause) {
      setError(cause);
    }
  };

  const button = (direction: Direction, icon: React.ReactNode) => (
    <button
      type="button"
      className={`ptz-button ptz-${direction}`}
      aria-label={t(`ptz.${direction}`)}
      title={t(`ptz.${direction}`)}
      aria-pressed={held === direction}
      disabled={!available}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        begin(direction);
      }}
      onPointerUp={end}
      onPointerCancel={end}
      onLostPointerCapture={end}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if ((event.key !== " " && event.key !== "Enter") || event.repeat) return;
        event.preventDefault();
        begin(direction);
      }}
      onKeyUp={(event) => {
        if (event.key === " " || event.key === "Enter") end();
      }}
    >
      {icon}
    </button>
  );

  return (
    <section
      className="card panel ptz"
      aria-labelledby="ptz-title"
      onKeyDown={(event) => {
        const direction = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
        if (direction === undefined || (event.target as HTMLElement).closest("input") !== null || !available) return;
        event.preventDefault();
        if (!event.repeat) begin(direction);
      }}
      onKeyUp={(event) => {
        if (Object.hasOwn(keys, event.key)) end();
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) end();
      }}
    >
      <h2 id="ptz-title">{t("ptz.title")}</h2>
      <div className="ptz-body">
        <div className="ptz-pad" role="group" aria-label={t("ptz.title")}>
          {button("up", <ArrowIcon turn={0} />)}
          {button("left", <ArrowIcon turn={270} />)}
          {button("right", <ArrowIcon turn={90} />)}
          {button("down", <ArrowIcon turn={180} />)}
          {button("in", <PlusIcon />)}
          {button("out", <MinusIcon />)}
        </div>
        <div className="ptz-side">
          <label className="field">
            <span>{t("ptz.speed", { n: speed })}</span>
            <input type="range" min={10} max={100} step={10} value={speed} onChange={(event) => setSpeed(Number(event.target.value))} />
          </label>
          <form className="ptz-preset" onSubmit={preset}>
            <label htmlFor="ptz-preset">{t("ptz.preset")}</label>
            <input id="ptz-preset" name="preset" type="number" min={1} max={300} required defaultValue={1} />
            <button type="submit" className="button" disabled={!available}>{t("ptz.go")}</button>
          </form>
          <small>{t("ptz.hint")}</small>
        </div>
      </div>
      {error === null ? null : <Problem error={error} />}
    </section>
  );
}
