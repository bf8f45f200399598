import { useEffect, useState } from "react";
import { clock } from "../format";
import { useApi } from "../gateway";
import { useI18n } from "../i18n/context";
import type { LiveToken } from "../types";
import { CopyButton } from "./copy_button";
import { Problem } from "./problem";

const ttls = [300, 3600, 86400] as const;

// Addresses for VLC and the like. Made on request, since each one is a key to the stream.
export function LiveLinks({ stream }: { stream: string }) {
  const { language, t } = useI18n();
  const api = useApi();
  const [ttl, setTtl] = useState<(typeof ttls)[number]>(3600);
  const [made, setMade] = useState<LiveToken | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    setMade(null);
    setError(null);
  }, [stream]);

  const make = async () => {
    setError(null);
    try {
      setMade(await api.liveToken(stream, ttl));
    } catch (cause) {
      setError(cause);
    }
  };

  return (
    <section className="card panel panel-links" aria-labelledby="links-title">
      <h2 id="links-title">{t("links.title")}</h2>
      <p className="muted">{t("links.lead")}</p>
      <div className="links-make">
        <label className="field-inline">
          <span>{t("links.ttl")}</span>
          <select value={ttl} onChange={(event) => setTtl(ttls.find((each) => String(each) === event.target.value) ?? 3600)}>
            {ttls.map((each) => (
              <option key={each} value={each}>{t(`links.ttl.${each}`)}</option>
            ))}
          </select>
        </label>
        <button type="button" className="button" onClick={make}>{t("links.make")}</button>
      </div>
      {error === null ? null : <Problem error={error} />}
      {made === null ? null : (
        <>
          <ul className="links">
            {(["rtsp", "mp4", "flv", "ts", "ws", "ws_flv", "jpg"] as const).map((form) =>
              made.urls[form] === undefined ? null : <Link key={form} form={form} url={absolute(made.urls[form])} />,
            )}
          </ul>
          <p className="muted">{t("links.until", { time: clock(language, made.expires_at) })} {t("links.revoke")}</p>
        </>
      )}
    </section>
  );
}

function Link({ form, url }: { form: string; url: string }) {
  return (
    <li>
      <span className="links-form">{form.toUpperCase().replace("_", "-")}</span>
      <input className="mono" readOnly value={url} aria-label={form} onFocus={(event) => event.target.select()} />
      <CopyButton text={url} />
    </li>
  );
}

function absolute(url: string): string {
  return url.startsWith("/") ? new URL(url, window.location.href).href : url;
}
