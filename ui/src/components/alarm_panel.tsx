import { useMemo } from "react";
import { useAlarms, useHubState } from "../gateway";
import { useI18n } from "../i18n/context";
import { AlarmList } from "./alarm_list";

const shown = 50;

// The alarms of one device since this page listens.
export function AlarmPanel({ device }: { device: string }) {
  const { t } = useI18n();
  const all = useAlarms();
  const hub = useHubState();
  const own = useMemo(() => all.filter((each) => each.device === device).slice(0, shown), [all, device]);
  return (
    <section className="card panel panel-alarms" aria-labelledby="alarms-title">
      <h2 id="alarms-title">{t("alarms.title")}</h2>
      {own.length === 0 ? <p className="muted">{t(hub === "open" ? "alarms.listening" : "alarms.deaf")}</p> : <AlarmList alarms={own} withDevice={false} />}
    </section>
  );
}
