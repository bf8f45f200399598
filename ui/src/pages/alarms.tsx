import { useMemo, useState } from "react";
import { AlarmList } from "../components/alarm_list";
import { count } from "../format";
import { useAlarms, useFleet, useHubState } from "../gateway";
import { useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { kept } from "../alarms/log";

// The alarms of the whole fleet as they come.
export function AlarmsPage() {
  const { language, t } = useI18n();
  useTitle(t("alarms.title"));
  const all = useAlarms();
  const hub = useHubState();
  const fleet = useFleet();
  const [type, setType] = useState("");
  const names = useMemo(() => new Map((fleet.devices ?? []).map((each) => [each.id, each.name])), [fleet.devices]);
  const types = useMemo(() => new Map(all.map((each) => [each.type, each.type_text || each.type])), [all]);
  const shown = type === "" ? all : all.filter((each) => each.type === type);
  return (
    <main className="page" id="content">
      <div className="page-head">
        <h1>{t("alarms.title")}</h1>
        <span className="spacer" />
        {types.size > 0 ? (
          <select className="choice" aria-label={t("alarms.type")} value={type} onChange={(event) => setType(event.target.value)}>
            <option value="">{t("filter.any", { what: t("alarms.type") })}</option>
            {[...types].map(([key, text]) => (
              <option key={key} value={key}>{text.slice(0, 80)}</option>
            ))}
          </select>
        ) : null}
      </div>
      <p className="muted lead">{t("alarms.lead", { count: count(language, kept) })}</p>
      {shown.length === 0 ? (
        <p className="empty" role="status">{t(hub === "open" ? "alarms.listening" : "alarms.deaf")}</p>
      ) : (
        <section className="card panel" aria-label={t("alarms.title")}>
          <AlarmList alarms={shown} withDevice names={names} />
        </section>
      )}
    </main>
  );
}
