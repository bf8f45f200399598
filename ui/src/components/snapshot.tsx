import { useEffect, useState } from "react";
import { useApi } from "../gateway";
import { useI18n } from "../i18n/context";
import type { Profile } from "../types";
import { Dialog } from "./dialog";
import { CameraIcon } from "./icons";
import { Problem } from "./problem";

interface Props {
  device: string;
  name: string;
  channel: number;
  profile: Profile;
}

export function SnapshotButton(props: Props) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="button-quiet"
        aria-label={t("live.snapshot")}
        title={t("live.snapshot")}
        onClick={() => setOpen(true)}
      >
        <CameraIcon />
      </button>
      {open ? <Snapshot {...props} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function Snapshot({ device, name, channel, profile, onClose }: Props & { onClose: () => void }) {
  const { t } = useI18n();
  const api = useApi();
  const [url, setUrl] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    let mine: string | null = null;
    let gone = false;
    api.picture(`${device}/${channel}/${profile}`).then(
      ({ blob }) => {
        if (gone) return;
        mine = URL.createObjectURL(blob);
        setUrl(mine);
      },
      (cause: unknown) => {
        if (!gone) setError(cause);
      },
    );
    return () => {
      gone = true;
      if (mine !== null) URL.revokeObjectURL(mine);
    };
  }, [api, device, channel, profile]);

  return (
    <Dialog title={t("live.snapshot")} wide onClose={onClose}>
      {error !== null ? (
        <Problem error={error} />
      ) : url === null ? (
        <p role="status">{t("live.snapshot.busy")}</p>
      ) : (
        <>
          <img className="snapshot" src={url} alt={t("live.snapshot.alt", { name })} />
          <footer className="dialog-foot">
            <a className="button" href={url} download={`${device}-${channel}.jpg`}>
              {t("live.snapshot.save")}
            </a>
          </footer>
        </>
      )}
    </Dialog>
  );
}
