import { useState, type FormEvent } from "react";
import { ApiError } from "../api";
import { useI18n } from "../i18n/context";
import { sinkBody, sinkFields, type SinkField } from "../sinks/fields";
import { sinkKinds, type Sink, type SinkKind, type SinkPatch } from "../types";
import { Field } from "./device_form";
import { Dialog } from "./dialog";
import { Problem } from "./problem";

interface Props {
  // null: a new one.
  given: Sink | null;
  onClose: () => void;
  onSubmit: (body: SinkPatch) => Promise<void>;
  // Offered where somebody else changed it meanwhile.
  onReload?: () => void;
}

// The settings of a sink, by its kind. Secrets go in and never come out.
export function SinkForm({ given, onClose, onSubmit, onReload }: Props) {
  const { t } = useI18n();
  const [kind, setKind] = useState<SinkKind>(given?.kind ?? "webhook");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onSubmit(sinkBody(new FormData(event.currentTarget), kind, given));
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  const fields = sinkFields[kind];
  const one = (field: SinkField) => <SettingField key={`${kind} ${field.name}`} field={field} given={given} />;
  const filter = given?.filter;
  return (
    <Dialog title={given === null ? t("sinks.add") : t("sinks.edit", { id: given.id })} onClose={onClose}>
      <form className="form" onSubmit={run} autoComplete="off">
        {given === null ? (
          <>
            <fieldset className="segmented sink-kinds">
              <legend className="sr-only">{t("sinks.kind")}</legend>
              {sinkKinds.map((each) => (
                <label key={each}>
                  <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />
                  <span>{t(`sinks.kind.${each}`)}</span>
                </label>
              ))}
            </fieldset>
            <Field name="id" label={t("sinks.id")} required pattern="[a-z0-9][a-z0-9._\-]{0,63}" title={t("add.id.bad")} hint={t("sinks.id.hint")} />
          </>
        ) : null}
        <p className="muted">{t(`sinks.kind.${kind}.about`)}</p>
        {fields.filter((each) => each.rare !== true).map(one)}
        <details>
          <summary>{t("sinks.rare")}</summary>
          <div className="form sink-rare">{fields.filter((each) => each.rare === true).map(one)}</div>
        </details>
        <details open={[filter?.devices, filter?.tags, filter?.types, filter?.channels].some((each) => (each?.length ?? 0) > 0)}>
          <summary>{t("sinks.filter")}</summary>
          <div className="form sink-rare">
            <p className="muted">{t("sinks.filter.about")}</p>
            <Field name="devices" label={t("sinks.filter.devices")} value={filter?.devices?.join(", ")} />
            <Field name="tags" label={t("sinks.filter.tags")} value={filter?.tags?.join(", ")} />
            <Field name="types" label={t("sinks.filter.types")} placeholder="vmd, camfleet.*" value={filter?.types?.join(", ")} />
            <Field name="channels" label={t("sinks.filter.channels")} value={filter?.channels?.join(", ")} />
          </div>
        </details>
        {given === null ? (
          <label className="field-inline">
            <span>{t("sinks.start")}</span>
            <select name="start" defaultValue="now">
              <option value="now">{t("sinks.start.now")}</option>
              <option value="oldest">{t("sinks.start.oldest")}</option>
            </select>
          </label>
        ) : null}
        <label className="check">
          <input type="checkbox" name="enabled" defaultChecked={given?.enabled ?? true} />
          <span>{t("sinks.enabled")}</span>
        </label>
        {error === null ? null : <Problem error={error} />}
        {error instanceof ApiError && error.status === 412 && onReload !== undefined ? (
          <p className="notice">
            {t("sinks.stale")} <button type="button" className="link-button" onClick={onReload}>{t("edit.reload")}</button>
          </p>
        ) : null}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>{t("app.cancel")}</button>
          <button type="submit" className="button button-primary" disabled={busy}>{t(given === null ? "add.submit" : "edit.save")}</button>
        </footer>
      </form>
    </Dialog>
  );
}

function SettingField({ field, given }: { field: SinkField; given: Sink | null }) {
  const { t } = useI18n();
  const { name, form, usual = "", choices = [] } = field;
  const label = t(`sinks.field.${name}`);
  const value = given?.[name];
  if (form === "flag") {
    return (
      <label className="check">
        <input type="checkbox" name={name} defaultChecked={value === undefined ? usual === "true" : value === true} />
        <span>{label}</span>
      </label>
    );
  }
  if (form === "choice") {
    return (
      <label className="field-inline">
        <span>{label}</span>
        <select name={name} defaultValue={value === undefined ? usual : String(value)}>
          {choices.map((each) => <option key={each} value={each}>{name === "version" ? t(each === "5" ? "sinks.version.5" : "sinks.version.4") : each || t("app.none")}</option>)}
        </select>
      </label>
    );
  }
  if (form === "secret") {
    const stored = given?.secrets?.includes(name) === true;
    return (
      <div className="sink-secret">
        <Field name={name} label={label} type="password" hint={t(stored ? "sinks.secret.stored" : "sinks.secret.hint")} />
        {stored ? (
          <label className="check">
            <input type="checkbox" name={`forget ${name}`} />
            <span>{t("sinks.secret.forget")}</span>
          </label>
        ) : null}
      </div>
    );
  }
  return (
    <Field
      name={name}
      label={label}
      type={form === "number" ? "number" : "text"}
      min={name === "keep" ? 0 : 1}
      required={field.required === true}
      placeholder={field.placeholder ?? usual}
      value={value === undefined ? undefined : String(value)}
    />
  );
}
