import { useState, type FormEvent, type ReactNode } from "react";
import { ApiError } from "../api";
import { useI18n } from "../i18n/context";
import type { Device, DevicePatch, DeviceSpec, SdkLogin } from "../types";
import { tagsOf } from "./bulk";
import { Dialog } from "./dialog";
import { Problem } from "./problem";

export const kinds = ["hikvision", "hcnetsdk", "rtsp"] as const;
const logins: readonly SdkLogin[] = ["auto", "private", "isapi"];
type Kind = (typeof kinds)[number];

interface Props {
  title: string;
  // What the fields begin with; of a device that is there, its id does not change.
  given: Partial<Device> & DeviceSpec;
  existing: boolean;
  submit: string;
  onClose: () => void;
  onSubmit: (form: FormData, kind: Kind) => Promise<void>;
  // Offered where somebody else changed the device meanwhile.
  onReload?: () => void;
}

// The fields of a device, to add one or to change it.
export function DeviceForm({ title, given, existing, submit, onClose, onSubmit, onReload }: Props) {
  const { t } = useI18n();
  const [kind, setKind] = useState<Kind>(kindOf(given.drivers));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const run = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onSubmit(new FormData(event.currentTarget), kind);
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  const stale = error instanceof ApiError && error.status === 412;

  return (
    <Dialog title={title} onClose={onClose}>
      <form className="form" onSubmit={run}>
        <fieldset className="segmented">
          <legend className="sr-only">{t("add.kind")}</legend>
          {kinds.map((each) => (
            <label key={each}>
              <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />
              <span>{t(`add.${each}`)}</span>
            </label>
          ))}
        </fieldset>
        {kind !== "rtsp" ? (
          <div className="form-row">
            <Field name="address" label={t("add.address")} required placeholder="192.168.1.64" value={given.address} />
            {kind === "hcnetsdk" ? (
              <Field name="sdk_port" label={t("add.sdk_port")} type="number" placeholder="8000" narrow value={given.sdk_port} />
            ) : null}
            <Field name="http_port" label={t("add.http_port")} type="number" placeholder="80" narrow value={given.http_port} />
            <Field name="rtsp_port" label={t("add.rtsp_port")} type="number" placeholder="554" narrow value={given.rtsp_port} />
          </div>
        ) : (
          <Field name="url" label={t("add.url")} required placeholder="rtsp://192.168.1.90:554/stream1" value={given.url} />
        )}
        {kind === "hcnetsdk" ? (
          <div className="form-row">
            <div className="field">
              <label htmlFor="device-sdk_login">{t("add.sdk_login")}</label>
              <select id="device-sdk_login" name="sdk_login" defaultValue={given.sdk_login ?? "auto"}>
                {logins.map((each) => (
                  <option key={each} value={each}>
                    {t(`add.sdk_login.${each}`)}
                  </option>
                ))}
              </select>
            </div>
            <Field name="https_port" label={t("add.https_port")} type="number" placeholder="443" narrow value={given.https_port} />
            <label className="check">
              <input type="checkbox" name="sdk_tls" defaultChecked={given.sdk_tls === true} />
              <span>{t("add.sdk_tls")}</span>
            </label>
          </div>
        ) : null}
        <div className="form-row">
          <Field name="username" label={t("add.username")} placeholder={kind === "rtsp" ? "" : "admin"} value={given.username} />
          <Field
            name="password"
            label={t("add.password")}
            type="password"
            hint={t(existing && given.has_password === true ? "edit.password.hint" : "add.password.hint")}
          />
        </div>
        <div className="form-row">
          <Field name="name" label={t("add.name")} value={given.name} />
          {existing ? null : (
            <Field
              name="id"
              label={t("add.id")}
              pattern="[a-z0-9][a-z0-9._\-]{0,63}"
              title={t("add.id.bad")}
              hint={t("add.id.hint")}
              value={given.id}
            />
          )}
        </div>
        <Field name="tags" label={t("add.tags")} hint={t("add.tags.hint")} value={given.tags?.join(", ")} />
        <label className="check">
          <input type="checkbox" name="always_on" defaultChecked={given.always_on === true} />
          <span>{t("add.always_on")}</span>
        </label>
        {error === null ? null : <Problem error={error} />}
        {stale && onReload !== undefined ? (
          <p className="notice">
            {t("edit.stale")} <button type="button" className="link-button" onClick={onReload}>{t("edit.reload")}</button>
          </p>
        ) : null}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            {t("app.cancel")}
          </button>
          <button type="submit" className="button button-primary" disabled={busy}>
            {busy ? t("add.busy") : submit}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

export function Field(props: {
  name: string;
  label: string;
  type?: string;
  hint?: ReactNode;
  required?: boolean;
  placeholder?: string;
  pattern?: string;
  title?: string;
  narrow?: boolean;
  min?: number; // of a number; 1 where nothing is said
  value?: string | number | undefined;
}) {
  const id = `device-${props.name}`;
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
        defaultValue={props.value}
        min={props.type === "number" ? (props.min ?? 1) : undefined}
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

// The one that is tried first.
function kindOf(drivers: string[] | undefined): Kind {
  return kinds.find((each) => each === drivers?.[0]) ?? "hikvision";
}

const texts = ["name", "address", "url", "username"] as const;
const ports = ["sdk_port", "http_port", "https_port", "rtsp_port"] as const;

function loginOf(form: FormData): SdkLogin | undefined {
  return logins.find((each) => each === form.get("sdk_login"));
}

// A new device: only what was filled in, since the gateway knows the defaults. `given` brings what the form has no field for.
export function specOf(form: FormData, kind: Kind, given: DeviceSpec = {}): DeviceSpec {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const spec: DeviceSpec = { ...given, drivers: given.drivers?.includes(kind) ? given.drivers : [kind] };
  for (const name of ["id", ...texts] as const) {
    if (text(name) !== "") spec[name] = text(name);
    else delete spec[name];
  }
  const password = String(form.get("password") ?? ""); // spaces belong to it
  if (password !== "") spec.password = password;
  for (const name of ports) {
    if (text(name) !== "") spec[name] = Number(text(name));
    else if (form.has(name)) delete spec[name];
  }
  if (kind === "hcnetsdk") {
    const login = loginOf(form);
    if (login !== undefined && login !== "auto") spec.sdk_login = login;
    else delete spec.sdk_login;
    if (form.get("sdk_tls") !== null) spec.sdk_tls = true;
    else delete spec.sdk_tls;
  }
  const tags = tagsOf(text("tags"));
  if (tags.length > 0) spec.tags = tags;
  else delete spec.tags;
  if (form.get("always_on") !== null) spec.always_on = true;
  return spec;
}

// Only what was changed, so that two who edit different things do not undo each other.
export function patchOf(form: FormData, kind: Kind, device: Device): DevicePatch {
  const patch: DevicePatch = {};
  const text = (name: string) => String(form.get(name) ?? "").trim();
  if (!device.drivers.includes(kind)) patch.drivers = [kind];
  for (const name of texts) {
    if (form.has(name) && text(name) !== (device[name] ?? "")) patch[name] = text(name) === "" ? null : text(name);
  }
  for (const name of ports) {
    if (!form.has(name) || text(name) === String(device[name] ?? "")) continue;
    patch[name] = text(name) === "" ? null : Number(text(name));
  }
  const password = String(form.get("password") ?? "");
  if (password !== "") patch.password = password;
  const tags = tagsOf(text("tags"));
  if (tags.join("\n") !== (device.tags ?? []).join("\n")) patch.tags = tags;
  if (kind === "hcnetsdk") {
    const login = loginOf(form);
    if (login !== undefined && login !== (device.sdk_login ?? "auto")) patch.sdk_login = login;
    const tls = form.get("sdk_tls") !== null;
    if (tls !== (device.sdk_tls === true)) patch.sdk_tls = tls;
  }
  const always = form.get("always_on") !== null;
  if (always !== (device.always_on === true)) patch.always_on = always;
  return patch;
}
