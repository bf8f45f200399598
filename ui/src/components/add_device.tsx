import { useState, type FormEvent, type ReactNode } from "react";
import { useApi } from "../gateway";
import { useI18n } from "../i18n/context";
import type { Device, DeviceSpec } from "../types";
import { Dialog } from "./dialog";
import { Problem } from "./problem";

type Kind = "hikvision" | "rtsp";

export function AddDevice({ onClose, onAdded }: { onClose: () => void; onAdded: (device: Device) => void }) {
  const { t } = useI18n();
  const api = useApi();
  const [kind, setKind] = useState<Kind>("hikvision");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      onAdded(await api.addDevice(specOf(kind, new FormData(event.currentTarget))));
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <Dialog title={t("add.title")} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <fieldset className="segmented">
          <legend className="sr-only">{t("add.kind")}</legend>
          {(["hikvision", "rtsp"] as const).map((each) => (
            <label key={each}>
              <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />
              <span>{t(`add.${each}`)}</span>
            </label>
          ))}
        </fieldset>
        {kind === "hikvision" ? (
          <div className="form-row">
            <Field name="address" label={t("add.address")} required placeholder="192.168.1.64" />
            <Field name="http_port" label={t("add.http_port")} type="number" placeholder="80" narrow />
            <Field name="rtsp_port" label={t("add.rtsp_port")} type="number" placeholder="554" narrow />
          </div>
        ) : (
          <Field name="url" label={t("add.url")} required placeholder="rtsp://192.168.1.90:554/stream1" />
        )}
        <div className="form-row">
          <Field name="username" label={t("add.username")} placeholder={kind === "hikvision" ? "admin" : ""} />
          <Field name="password" label={t("add.password")} type="password" hint={t("add.password.hint")} />
        </div>
        <div className="form-row">
          <Field name="name" label={t("add.name")} />
          <Field
            name="id"
            label={t("add.id")}
            pattern="[a-z0-9][a-z0-9._\-]{0,63}"
            title={t("add.id.bad")}
            hint={t("add.id.hint")}
          />
        </div>
        <Field name="tags" label={t("add.tags")} hint={t("add.tags.hint")} />
        <label className="check">
          <input type="checkbox" name="always_on" />
          <span>{t("add.always_on")}</span>
        </label>
        {error === null ? null : <Problem error={error} />}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            {t("app.cancel")}
          </button>
          <button type="submit" className="button button-primary" disabled={busy}>
            {t(busy ? "add.busy" : "add.submit")}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function Field(props: {
  name: string;
  label: string;
  type?: string;
  hint?: ReactNode;
  required?: boolean;
  placeholder?: string;
  pattern?: string;
  title?: string;
  narrow?: boolean;
}) {
  const id = `add-${props.name}`;
  const hintId = `${id}-hint`;
  return (
    <div className={props.narrow ? "field field-narrow" : "field"}>
      <label htmlFor={id}>{props.label}</label>
      <input
        id={id}
        name={props.name}
        type={props.type ?? "text"}
        required={props.required}
        placeholder={props.placeholder}
        pattern={props.pattern}
        title={props.title}
        min={props.type === "number" ? 1 : undefined}
        max={props.type === "number" ? 65535 : undefined}
        autoComplete={props.type === "password" ? "new-password" : "off"}
        autoCapitalize="none"
        spellCheck={false}
        aria-describedby={props.hint === undefined ? undefined : hintId}
      />
      {props.hint === undefined ? null : <small id={hintId}>{props.hint}</small>}
    </div>
  );
}

// Only what was filled in: the gateway knows the defaults.
function specOf(kind: Kind, form: FormData): DeviceSpec {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const spec: DeviceSpec = { drivers: [kind] };
  for (const name of ["id", "name", "address", "url", "username"] as const) {
    if (text(name) !== "") spec[name] = text(name);
  }
  const password = String(form.get("password") ?? ""); // spaces belong to it
  if (password !== "") spec.password = password;
  for (const name of ["http_port", "rtsp_port"] as const) {
    if (text(name) !== "") spec[name] = Number(text(name));
  }
  const tags = text("tags").split(/[,，;]/).map((tag) => tag.trim()).filter(Boolean);
  if (tags.length > 0) spec.tags = tags;
  if (form.get("always_on") !== null) spec.always_on = true;
  return spec;
}
