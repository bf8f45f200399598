import { clock } from "../format";
import { useI18n } from "../i18n/context";
import { deviceHref } from "../router";
import type { Alarm } from "../types";
import { BellIcon } from "./icons";

const phases = ["active", "inactive", "pulse"] as const;

// Alarms, newest first. `withDevice`: also whose they are.
export function AlarmList({ alarms, withDevice, names }: { alarms: readonly Alarm[]; withDevice: boolean; names?: ReadonlyMap<string, string> }) {
  const { language, t } = useI18n();
  return (
    <ol className="alarms">
      {alarms.map((alarm, index) => {
        const phase = phases.find((each) => each === alarm.phase);
        return (
          <li key={alarm.id || `${alarm.received} ${index}`} data-alarm={alarm.type}>
            <span className={`alarm-mark alarm-${phase ?? "pulse"}`}><BellIcon /></span>
            <div>
              <span className="history-head">
                <strong className="clamp3"><bdi>{alarm.type_text || alarm.type}</bdi></strong>
                <time dateTime={alarm.received} title={alarm.device_time ? t("alarms.device_time", { time: alarm.device_time }) : alarm.received}>
                  {clock(language, alarm.received)}
                </time>
              </span>
              <span className="alarm-line">
                {withDevice ? (
                  <a className="clamp3" href={deviceHref(alarm.device, alarm.channel || 1)}><bdi>{names?.get(alarm.device) || alarm.device}</bdi></a>
                ) : null}
                {alarm.channel > 0 ? <span className="muted">{t("device.channel", { n: alarm.channel })}</span> : null}
                <span className="muted">{phase === undefined ? alarm.phase : t(`alarm.${phase}`)}</span>
                {(alarm.count ?? 1) > 1 ? <span className="muted">× {alarm.count}</span> : null}
                {(alarm.left_out ?? 0) > 0 ? <span className="warn">{t("alarms.left_out", { count: alarm.left_out ?? 0 })}</span> : null}
              </span>
              {alarm.description ? <small className="break clamp3"><bdi>{alarm.description}</bdi></small> : null}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
