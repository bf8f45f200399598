import { useState } from "react";
import { useApi } from "../gateway";
import { useI18n } from "../i18n/context";
import type { Device } from "../types";
import { Dialog } from "./dialog";
import { ReloadIcon, TrashIcon } from "./icons";
import { Problem } from "./problem";

// Reconnect and remove; both ask first.
export function DeviceActions({ device, onChanged }: { device: Device; onChanged: () => void }) {
  const { t } = useI18n();
  const [asking, setAsking] = useState<"reconnect" | "remove" | null>(null);
  return (
    <div className="actions">
      <button type="button" className="button" onClick={() => setAsking("reconnect")}>
        <ReloadIcon />
        {t("device.reconnect")}
      </button>
      <button type="button" className="button button-danger" onClick={() => setAsking("remove")}>
        <TrashIcon />
        {t("device.remove")}
      </button>
      {asking === null ? null : (
        <Confirm
          device={device}
          action={asking}
          onClose={() => setAsking(null)}
          onDone={() => {
            setAsking(null);
            if (asking === "remove") window.location.hash = "#/";
            else onChanged();
          }}
        />
      )}
    </div>
  );
}

function Confirm(props: {
  device: Device;
  action: "reconnect" | "remove";
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useI18n();
  const api = useApi();
  const { device, action } = props;
  const [accept, setAccept] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const name = device.name || device.id;

  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await (action === "remove" ? api.removeDevice(device.id) : api.reconnect(device.id, accept));
      props.onDone();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <Dialog title={t(`device.${action}`)} onClose={props.onClose}>
      <p className="break">
        {action === "remove" ? t("device.remove.confirm", { name }) : t("device.reconnect.confirm", { name })}
      </p>
      <p className="muted">{action === "remove" ? t("device.remove.hint") : t("device.reconnect.hint")}</p>
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
