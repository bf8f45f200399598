import { count } from "../format";
import { useI18n } from "../i18n/context";
import { states, type Fleet, type State } from "../types";
import { StateIcon } from "./icons";

// The fleet at a glance: figures, a bar with each state's share, and the states as filters.
export function FleetSummary(props: { fleet: Fleet; chosen: State | null; onChoose: (state: State | null) => void }) {
  const { language, t } = useI18n();
  const { fleet, chosen, onChoose } = props;
  const figures = [
    ["fleet.devices", fleet.total],
    ["fleet.channels", fleet.channels],
    ["fleet.streams", fleet.streams],
    ["fleet.viewers", fleet.viewers],
  ] as const;
  return (
    <section className="summary card" aria-label={t("fleet.title")}>
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
        {states.map((state) => {
          const share = fleet.states[state] ?? 0;
          return share === 0 ? null : (
            <span key={state} className={`state-${state}`} style={{ flexGrow: share }} />
          );
        })}
      </div>
      <div className="chips" role="group" aria-label={t("fleet.filter")}>
        <Chip label={t("fleet.all")} value={fleet.total} pressed={chosen === null} onPress={() => onChoose(null)} />
        {states.map((state) => (
          <Chip
            key={state}
            state={state}
            label={t(`state.${state}`)}
            title={t(`state.${state}.about`)}
            value={fleet.states[state] ?? 0}
            pressed={chosen === state}
            onPress={() => onChoose(chosen === state ? null : state)}
          />
        ))}
      </div>
    </section>
  );
}

function Chip(props: {
  state?: State;
  label: string;
  title?: string;
  value: number;
  pressed: boolean;
  onPress: () => void;
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
      onClick={props.onPress}
    >
      {props.state === undefined ? null : <StateIcon state={props.state} />}
      <span className="chip-label">{props.label}</span>
      <span className="chip-count">{count(language, props.value)}</span>
    </button>
  );
}
