import { ago } from "../format";
import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";
import type { BlindInterval } from "../types";
import { EyeOffIcon } from "./icons";

// Why a device is blind: the console's sentence of the code, else the gateway's, else the bare code.
export function useBlindReason(): (interval: Pick<BlindInterval, "reason" | "text">) => string {
  const { language } = useI18n();
  return ({ reason, text }) => errorText(language, reason) ?? (text || reason);
}

export function BlindMark({ interval, now }: { interval: BlindInterval; now: number }) {
  const { language, t } = useI18n();
  const why = useBlindReason();
  return (
    <span className="blind-mark" data-blind={interval.reason} title={`${why(interval)} (${interval.from})`}>
      <EyeOffIcon />
      <span>{t("blind.mark", { time: ago(language, interval.from, now) })}</span>
    </span>
  );
}
