import { useState, type FormEvent } from "react";
import { fromLocal } from "../events/address";
import { useApi } from "../gateway";
import { useI18n } from "../i18n/context";
import { listOf } from "../sinks/fields";
import type { ReplayWish, Sink } from "../types";
import { Field } from "./device_form";
import { Dialog } from "./dialog";
import { Problem } from "./problem";

// Entries of a time are delivered once more, with the same ids.
export function ReplayForm({ sink, onClose }: { sink: Sink; onClose: () => void }) {
  const { t } = useI18n();
  const api = useApi();
  const [error, setError] = useState<unknown>(null);
  const run = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const wish: ReplayWish = {};
    for (const name of ["from", "to"] as const) if (fromLocal(text(name)) !== "") wish[name] = fromLocal(text(name));
    if (listOf(text("devices")).length > 0) wish.devices = listOf(text("devices"));
    if (text("rate") !== "") wish.rate = Number(text("rate"));
    setError(null);
    try {
      await api.replaySink(sink.id, wish);
      onClose();
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <Dialog title={t("sinks.replay.title", { id: sink.id })} onClose={onClose}>
      <form className="form" onSubmit={run}>
        <p className="muted">{t("sinks.replay.about")}</p>
        <div className="form-row">
          <Field name="from" label={t("events.from")} type="datetime-local" />
          <Field name="to" label={t("events.to")} type="datetime-local" />
        </div>
        <Field name="devices" label={t("sinks.filter.devices")} hint={t("sinks.replay.devices.hint")} />
        <Field name="rate" label={t("sinks.replay.rate")} type="number" placeholder="100" />
        {error === null ? null : <Problem error={error} />}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>{t("app.cancel")}</button>
          <button type="submit" className="button button-primary">{t("sinks.replay")}</button>
        </footer>
      </form>
    </Dialog>
  );
}
