import { createContext, useContext, type ReactNode } from "react";
import { useGateway } from "../gateway";
import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";

// The gateway's own sentences of the reasons that devices have now, in the reader's language.
const Texts = createContext<ReadonlyMap<string, string>>(new Map());

export function ReasonTexts({ texts, children }: { texts: ReadonlyMap<string, string>; children: ReactNode }) {
  return <Texts value={texts}>{children}</Texts>;
}

// Why a device is in its state: the gateway's sentence, else the console's own, else the bare code.
export function useReason(): (device: { reason: string; reason_text?: string | undefined }) => string {
  const { language } = useI18n();
  const { fleet } = useGateway();
  const texts = useContext(Texts);
  return (device) =>
    device.reason_text ||
    texts.get(device.reason) ||
    errorText(language, device.reason) ||
    fleet.texts.get(device.reason) ||
    device.reason;
}
