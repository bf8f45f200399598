import { useState } from "react";
import { useI18n } from "../i18n/context";
import { Dialog } from "./dialog";
import { Problem } from "./problem";

// Asks once more before what cannot be taken back.
export function Sure(props: { title: string; text: string; button: string; run: () => Promise<void>; onClose: () => void }) {
  const { t } = useI18n();
  const [error, setError] = useState<unknown>(null);
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p className="break"><bdi>{props.text}</bdi></p>
      {error === null ? null : <Problem error={error} />}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={props.onClose}>{t("app.cancel")}</button>
        <button type="button" className="button button-danger-solid" onClick={() => props.run().then(props.onClose, setError)}>{props.button}</button>
      </footer>
    </Dialog>
  );
}
