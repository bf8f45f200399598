import { useI18n } from "../i18n/context";
import type { State } from "../types";
import { StateIcon } from "./icons";

export function StateBadge({ state }: { state: State }) {
  const { t } = useI18n();
  return (
    <span className={`badge state-${state}`} data-state={state} title={t(`state.${state}.about`)}>
      <StateIcon state={state} />
      {t(`state.${state}`)}
    </span>
  );
}
