import { useState, type FormEvent } from "react";
import { useApi } from "../gateway";
import { useI18n } from "../i18n/context";
import type { Device } from "../types";
import { DeviceForm, Field, patchOf } from "./device_form";
import { Dialog } from "./dialog";
import { EditIcon, KeyIcon, PowerIcon, ReloadIcon, TrashIcon } from "./icons";
import { Problem } from "./problem";

export type DeviceAction = "reconnect" | "remove" | "edit" | "credentials" | "switch";

interface Props {
  device: Device;
  asking: DeviceAction | null;
  onAsk: (action: DeviceAction | null) => void;
  onChanged: () => void;
}

// What an operator can do with a device; everything that interrupts somebody asks first.
export function DeviceActions({ device, asking, onAsk, onChanged }: Props) {
  const { t } = useI18n();
  const done = () => {
    onAsk(null);
    if (asking === "remove") window.location.hash = "#/";
    else onChanged();
  };
  const off = device.state === "disabled";
  return (
    <div className="actions">
      {off ? null : (
        <button type="button" className="button" onClick={() => onAsk("reconnect")}>
          <ReloadIcon />
          {t("device.reconnect")}
        </button>
      )}
      <button type="button" className="button" onClick={() => onAsk("edit")}>
        <EditIcon />
        {t("device.edit")}
      </button>
      <button type="button" className="button" onClick={() => onAsk("credentials")}>
        <KeyIcon />
        {t("device.credentials")}
      </button>
      <button type="button" className="button" onClick={() => onAsk("switch")}>
        <PowerIcon />
        {t(off ? "device.enable" : "device.disable")}
      </button>
      <button type="button" className="button button-danger" onClick={() => onAsk("remove")}>
        <TrashIcon />
        {t("device.remove")}
      </button>
      {asking === "edit" ? (
        <Edit device={device} onClose={() => onAsk(null)} onDone={done} onReload={onChanged} />
      ) : asking === "credentials" ? (
        <Credentials device={device} onClose={() => onAsk(null)} onDone={done} />
      ) : asking === null ? null : (
        <Confirm device={device} action={asking} onClose={() => onAsk(null)} onDone={done} />
      )}
    </div>
  );
}

function Edit({ device, onClose, onDone, onReload }: { device: Device; onClose: () => void; onDone: () => void; onReload: () => void }) {
  const { t } = useI18n();
  const api = useApi();
  const [opened, setOpened] = useState(device); // what the fields were filled with, whatever is polled meanwhile
  return (
    <DeviceForm
      key={opened.revision}
      title={t("device.edit")}
      given={opened}
      existing
      submit={t("edit.save")}
      onClose={onClose}
      onReload={() => {
        onReload();
        void api.device(device.id).then(setOpened, () => undefined);
      }}
      onSubmit={async (form, kind) => {
        const patch = patchOf(form, kind, opened);
        if (Object.keys(patch).length > 0) await api.editDevice(device.id, patch, opened.revision);
        onDone();
      }}
    />
  );
}

function Credentials({ device, onClose, onDone }: { device: Device; onClose: () => void; onDone: () => void }) {
  const { t } = useI18n();
  const api = useApi();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const username = String(form.get("username") ?? "").trim();
    setBusy(true);
    setError(null);
    try {
      await api.editDevice(device.id, { ...(username === "" ? {} : { username }), password: String(form.get("password") ?? "") });
      onDone();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("device.credentials")} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field name="username" label={t("add.username")} value={device.username} />
        <Field name="password" label={t("add.password")} type="password" required hint={t("add.password.hint")} />
        {error === null ? null : <Problem error={error} />}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>{t("app.cancel")}</button>
          <button type="submit" className="button button-primary" disabled={busy}>{t("edit.save")}</button>
        </footer>
      </form>
    </Dialog>
  );
}

function Confirm(props: {
  device: Device;
  action: "reconnect" | "remove" | "switch";
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useI18n();
  const api = useApi();
  const { device } = props;
  const [accept, setAccept] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const action = props.action === "switch" ? (device.state === "disabled" ? "enable" : "disable") : props.action;
  const name = short(device.name || device.id);

  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      if (action === "remove") await api.removeDevice(device.id, device.revision);
      else if (action === "reconnect") await api.reconnect(device.id, accept);
      else await api.switchDevice(device.id, action === "enable");
      props.onDone();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <Dialog title={t(`device.${action}`)} onClose={props.onClose}>
      <p className="break"><bdi>{t(`device.${action}.confirm`, { name })}</bdi></p>
      <p className="muted">{t(`device.${action}.hint`)}</p>
      {action === "reconnect" && device.reason === "device.identity_mismatch" ? (
        <label className="check">
          <input type="checkbox" checked={accept} onChange={(event) => setAccept(event.target.checked)} />
          <span>{t("device.reconnect.identity")}</span>
        </label>
      ) : null}
      {error === null ? null : <Problem error={error} />}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={props.onClose}>{t("app.cancel")}</button>
        <button
          type="button"
          className={action === "remove" ? "button button-danger-solid" : "button button-primary"}
          disabled={busy}
          onClick={run}
        >
          {t(`device.${action}`)}
        </button>
      </footer>
    </Dialog>
  );
}

// A name in a sentence: some are longer than any dialog.
export function short(name: string): string {
  return name.length > 120 ? `${name.slice(0, 119)}…` : name;
}
