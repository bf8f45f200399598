import { useEffect, useRef, useState } from "react";
import { useI18n } from "../i18n/context";
import { CheckIcon, CopyIcon } from "./icons";

export function CopyButton({ text }: { text: string }) {
  const { t } = useI18n();
  const [copied, setCopied] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const label = t(copied ? "app.copied" : "app.copy");
  return (
    <button
      ref={button}
      type="button"
      className="button-quiet"
      aria-label={label}
      title={label}
      onClick={async () => setCopied(await copy(text, button.current))}
    >
      {copied ? <CheckIcon /> : <CopyIcon />}
    </button>
  );
}

// The clipboard API exists on HTTPS and loopback only; elsewhere the field beside the button is selected and copied.
async function copy(text: string, button: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    button?.parentElement?.querySelector("input")?.select();
    return document.execCommand("copy");
  }
}
