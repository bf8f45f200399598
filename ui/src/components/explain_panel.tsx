import { useCallback, useRef } from "react";
import { ago, count, duration } from "../format";
import { useApi, useHubEvents, useMay } from "../gateway";
import { usePolled, useTick } from "../hooks";
import { useI18n } from "../i18n/context";
import type { Key } from "../i18n/catalogue";
import { pageHref } from "../router";
import type { Device } from "../types";
import type { DeviceAction } from "./device_actions";
import { useBlindReason } from "./blind_mark";
import { EarIcon, EyeOffIcon, StateIcon } from "./icons";
import { useReason } from "./reason";

const explainMs = 10_000;
const blindMs = 5_000;

// The gateway's advice that a button here can follow.
const buttons: Record<string, { action: DeviceAction; text: Key }> = {
  fix_password: { action: "credentials", text: "device.credentials" },
  reconnect: { action: "reconnect", text: "device.reconnect" },
  accept_identity: { action: "reconnect", text: "device.reconnect.identity" },
  fix_address: { action: "edit", text: "device.edit" },
  change_driver: { action: "edit", text: "device.edit" },
  enable: { action: "switch", text: "device.enable" },
};

// What the device does, why, what happens next, and what an operator can do, in the gateway's words.
export function ExplainPanel({ device, onAsk }: { device: Device; onAsk: (action: DeviceAction) => void }) {
  const { language, t } = useI18n();
  const api = useApi();
  const mayChange = useMay("operator");
  const reasonOf = useReason();
  // Each state of the device has its own explanation; between them it is asked for now and then, for it counts seconds.
  const polled = usePolled(
    `explain ${device.id} ${language} ${device.state} ${device.since} ${device.attempts ?? 0}`,
    (signal) => api.explain(device.id, signal),
    explainMs,
  );
  const explained = polled.data;
  useTick();
  const now = api.now();
  const heard = ago(language, device.last_heard, now);
  return (
    <section className="card panel explain" aria-labelledby="status-title">
      <h2 id="status-title">{t("device.status")}</h2>
      <p className="status-line" title={device.since}>
        <StateIcon state={device.state} />
        <strong className={`state-${device.state}`}>{t(`state.${device.state}`)}</strong>
        <span className="muted">{t("device.since", { time: ago(language, device.since, now) })}</span>
      </p>
      <p className="break" data-testid="why">{explained?.why || reasonOf(device)}</p>
      {explained === null && device.detail ? <p className="muted break">{device.detail}</p> : null}
      <dl className="pairs">
        {explained?.next ? (
          <Pair name={t("device.next")} value={<Next at={explained.next.at ?? device.next_attempt ?? null} text={explained.next.text} now={now} />} />
        ) : device.next_attempt ? (
          <Pair name={t("device.next")} value={<Next at={device.next_attempt} text="" now={now} />} />
        ) : null}
        {device.attempts && device.state !== "online" ? <Pair name={t("device.attempts")} value={count(language, device.attempts)} /> : null}
        {explained?.attempts_left != null ? (
          <Pair name={t("device.attempts_left")} value={count(language, explained.attempts_left)} />
        ) : null}
        <Pair name={t("device.heard")} value={heard === "" ? t("app.none") : t("app.ago", { time: heard })} />
        <Pair name={t("device.events")} value={count(language, device.events ?? 0)} />
        <Pair name={t("device.code")} value={<code>{device.reason}</code>} />
      </dl>
      <BlindLine device={device} now={now} />
      {explained !== null && explained.operator.some((each) => each.action !== "wait") ? (
        <>
          <h3>{t("device.advice")}</h3>
          <ul className="advice">
            {explained.operator.map((each) => {
              const button = Object.hasOwn(buttons, each.action) ? buttons[each.action] : undefined;
              return (
                <li key={each.action} data-advice={each.action}>
                  <span>{each.text}</span>
                  {button !== undefined && mayChange ? (
                    <button type="button" className="button button-small" onClick={() => onAsk(button.action)}>
                      {t(button.text)}
                    </button>
                  ) : null}
                </li>
              );
            })}
          </ul>
        </>
      ) : null}
    </section>
  );
}

// Whether its silence means anything: quiet, or blind.
function BlindLine({ device, now }: { device: Device; now: number }) {
  const { language, t } = useI18n();
  const api = useApi();
  const why = useBlindReason();
  const { id, state, reason } = device;
  const polled = usePolled(
    `blind ${id} ${state} ${reason} ${device.since}`,
    (signal) => api.blind(new URLSearchParams({ device: id, open: "true" }), signal),
    blindMs,
  );
  if (polled.data === null || polled.error !== null) return null; // nobody knows
  const open = polled.data.items.find((each) => each.to === null);
  return (
    <p className="blind-line" data-testid="blind-line" data-blind={open?.reason ?? ""}>
      {open === undefined ? (
        <span className="quiet-mark"><EarIcon />{t("blind.quiet")}</span>
      ) : (
        <>
          <span className="blind-mark"><EyeOffIcon />{t("blind.now", { time: ago(language, open.from, now) })}</span>
          <span className="break">{why(open)}</span>
        </>
      )}
      <a className="link-button" href={pageHref("blind", new URLSearchParams({ device: id, open: "false" }))}>{t("blind.title")}</a>
    </p>
  );
}

// Counts down by itself; the sentence of the gateway has a time in it that would grow old.
function Next({ at, text, now }: { at: string | null; text: string; now: number }) {
  const { language, t } = useI18n();
  if (at === null) return <>{text}</>;
  const left = Date.parse(at) - now;
  return (
    <time dateTime={at} title={text || at}>
      {left > 0 ? t("device.next.in", { time: duration(language, left + 999) }) : t("device.next.now")}
    </time>
  );
}

export function Pair({ name, value, mono = false }: { name: string; value: React.ReactNode; mono?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={mono ? "break mono" : "break"}>{value}</dd>
    </div>
  );
}

// Tells when something happened to one device, and when it was removed.
export function useDeviceEvents(id: string, happened: () => void, removed: () => void): void {
  const latest = useRef({ happened, removed });
  latest.current = { happened, removed };
  useHubEvents(
    useCallback(
      (event) => {
        if (event.kind === "reset") latest.current.happened();
        else if (event.device !== id || event.kind === "alarm") return;
        else if (event.kind === "removed") latest.current.removed();
        else latest.current.happened();
      },
      [id],
    ),
  );
}
