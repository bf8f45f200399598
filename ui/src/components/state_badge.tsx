import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";
import type { Device, State } from "../types";
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

// Why the device is in its state: the gateway's sentence, else the console's own, else the bare code.
export function useReason(): (device: Pick<Device, "reason" | "reason_text">) => string {
  const { language } = useI18n();
  return (device) => device.reason_text || errorText(language, device.reason) || device.reason;
}
