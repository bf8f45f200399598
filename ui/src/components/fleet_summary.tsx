import { useMemo, useState } from "react";
import { count } from "../format";
import type { Filter } from "../fleet/order";
import { useI18n } from "../i18n/context";
import { states, type Fleet, type State, type Summary } from "../types";
import { EarIcon, EyeOffIcon, StateIcon } from "./icons";
import { useReason } from "./reason";

// The fleet at a glance: figures, a bar with each state's share, and the states as filters.
export function FleetSummary(props: {
  fleet: Fleet | null;
  total: number;
  counts: Record<State, number>;
  chosen: readonly State[];
  onChoose: (states: State[]) => void;
  // How many are blind; null: nobody knows.
  blind: number | null;
  chosenBlind: Filter["blind"];
  onChooseBlind: (blind: Filter["blind"]) => void;
}) {
  const { language, t } = useI18n();
  const { fleet, total, counts, chosen, onChoose } = props;
  const figures = [
    ["fleet.devices", total],
    ["fleet.channels", fleet?.channels],
    ["fleet.streams", fleet?.streams],
    ["fleet.viewers", fleet?.viewers],
  ] as const;
  return (
    <section className="summary card" aria-label={t("fleet.summary")}>
      <dl className="figures">
        {figures.map(([key, value]) =>
          value === undefined ? null : (
            <div key={key}>
              <dt>{t(key)}</dt>
              <dd data-testid={key}>{count(language, value)}</dd>
            </div>
          ),
        )}
      </dl>
      <div className="share" aria-hidden="true">
        {states.map((state) =>
          counts[state] === 0 ? null : <span key={state} className={`state-${state}`} style={{ flexGrow: counts[state] }} />,
        )}
      </div>
      <div className="chips" role="group" aria-label={t("fleet.filter")}>
        <Chip label={t("fleet.all")} value={total} pressed={chosen.length === 0} onPress={() => onChoose([])} />
        {states.map((state) => (
          <Chip
            key={state}
            state={state}
            label={t(`state.${state}`)}
            title={t(`state.${state}.about`)}
            value={counts[state]}
            pressed={chosen.includes(state)}
            onPress={(more) => {
              if (chosen.includes(state)) onChoose(chosen.filter((each) => each !== state));
              else onChoose(more ? [...chosen, state] : [state]);
            }}
          />
        ))}
      </div>
      {props.blind === null ? null : (
        <div className="chips chips-blind" role="group" aria-label={t("blind.filter")}>
          {(["false", "true"] as const).map((each) => (
            <button
              key={each}
              type="button"
              className={each === "true" ? "chip chip-blind" : "chip"}
              aria-pressed={props.chosenBlind === each}
              title={t(each === "true" ? "blind.count.about" : "blind.heard.count.about")}
              data-chip={each === "true" ? "blind" : "armed"}
              data-count={each === "true" ? (props.blind ?? 0) : total - (props.blind ?? 0)}
              onClick={() => props.onChooseBlind(props.chosenBlind === each ? "" : each)}
            >
              {each === "true" ? <EyeOffIcon /> : <EarIcon />}
              <span className="chip-label">{t(each === "true" ? "blind.count" : "blind.heard.count")}</span>
              <span className="chip-count">{count(language, each === "true" ? (props.blind ?? 0) : total - (props.blind ?? 0))}</span>
            </button>
          ))}
        </div>
      )}
    </section>
  );
}

function Chip(props: {
  state?: State;
  label: string;
  title?: string;
  value: number;
  pressed: boolean;
  onPress: (more: boolean) => void;
}) {
  const { language } = useI18n();
  return (
    <button
      type="button"
      className={props.value === 0 ? "chip chip-none" : "chip"}
      aria-pressed={props.pressed}
      title={props.title}
      data-count={props.value}
      data-chip={props.state ?? "all"}
      onClick={(event) => props.onPress(event.shiftKey || event.ctrlKey || event.metaKey)}
    >
      {props.state === undefined ? null : <StateIcon state={props.state} />}
      <span className="chip-label">{props.label}</span>
      <span className="chip-count">{count(language, props.value)}</span>
    </button>
  );
}

const shownReasons = 6;

// What keeps devices from being simply online, the most frequent first; each is a filter.
export function Reasons(props: { devices: readonly Summary[]; chosen: string; onChoose: (state: State, reason: string) => void }) {
  const { language, t } = useI18n();
  const reasonOf = useReason();
  const { devices, chosen, onChoose } = props;
  const lines = useMemo(() => countReasons(devices), [devices]);
  const [all, setAll] = useState(false);
  if (lines.length === 0) return null;
  return (
    <section className="reasons card" aria-label={t("fleet.reasons")}>
      <h2>{t("fleet.reasons")}</h2>
      <ul>
        {(all ? lines : lines.slice(0, shownReasons)).map(({ state, reason, number }) => (
          <li key={`${state} ${reason}`}>
            <button
              type="button"
              className="reason-line"
              aria-pressed={chosen === reason}
              data-reason={reason}
              onClick={() => onChoose(state, reason)}
            >
              <StateIcon state={state} />
              <span className="reason-count">{count(language, number)}</span>
              <span className="sr-only">{t(`state.${state}`)}</span>
              <span className="reason-text">{reasonOf({ reason })}</span>
            </button>
          </li>
        ))}
        {lines.length > shownReasons ? (
          <li>
            <button type="button" className="link-button" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? t("fleet.reasons.fewer") : t("fleet.reasons.more", { count: lines.length - shownReasons })}
            </button>
          </li>
        ) : null}
      </ul>
    </section>
  );
}

export function countReasons(devices: readonly Summary[]): { state: State; reason: string; number: number }[] {
  const lines = new Map<string, { state: State; reason: string; number: number }>();
  for (const { state, reason } of devices) {
    if (state === "online" && reason === "fleet.connected") continue;
    const key = `${state} ${reason}`;
    const line = lines.get(key);
    if (line === undefined) lines.set(key, { state, reason, number: 1 });
    else ++line.number;
  }
  return [...lines.values()].sort((a, b) => b.number - a.number);
}
