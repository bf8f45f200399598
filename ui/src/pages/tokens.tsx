import { useEffect, useState, type FormEvent } from "react";
import { tagsOf } from "../components/bulk";
import { CopyButton } from "../components/copy_button";
import { Dialog } from "../components/dialog";
import { PlusIcon } from "../components/icons";
import { Problem } from "../components/problem";
import { Sure } from "../components/sure";
import { ago, clock, duration } from "../format";
import { useApi, useMay } from "../gateway";
import { usePolled, useTick, useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { roles, type ApiToken, type LiveTokenRow, type Role } from "../types";

// Who may: the API tokens, and the live tokens that may still start.
export function TokensPage() {
  const { t } = useI18n();
  useTitle(t("tokens.title"));
  const admin = useMay("admin");
  return (
    <main className="page" id="content">
      <div className="page-head"><h1>{t("tokens.title")}</h1></div>
      {admin ? <ApiTokens /> : null}
      <LiveTokens />
    </main>
  );
}

const everyMs = 10_000;

function ApiTokens() {
  const { language, t } = useI18n();
  const api = useApi();
  const polled = usePolled("tokens", (signal) => api.tokens(signal), everyMs);
  const [making, setMaking] = useState(false);
  const [removing, setRemoving] = useState<ApiToken | null>(null);
  const now = api.now();
  return (
    <section className="card panel" aria-labelledby="api-tokens">
      <div className="panel-head">
        <h2 id="api-tokens">{t("tokens.api")}</h2>
        <button type="button" className="button" onClick={() => setMaking(true)}><PlusIcon />{t("tokens.make")}</button>
      </div>
      <p className="muted">{t("tokens.api.lead")}</p>
      {polled.error === null ? null : <Problem error={polled.error} />}
      {polled.data === null ? null : polled.data.length === 0 ? (
        <p className="muted lead">{t("tokens.none")}</p>
      ) : (
        <ul className="tokens">
          {polled.data.map((each) => {
            const over = each.expires_at !== null && Date.parse(each.expires_at) < now;
            return (
              <li key={each.id} data-token={each.id}>
                <div>
                  <strong className="break"><bdi>{each.name}</bdi></strong> <span className="tag">{t(`role.${each.role}`)}</span>{" "}
                  {[...(each.scope?.tags ?? []), ...(each.scope?.devices ?? [])].map((limit) => (
                    <span key={limit} className="tag tag-scope"><bdi>{limit}</bdi></span>
                  ))}
                  <p className="muted">
                    <span className="mono">{each.id}</span> ·{" "}
                    {each.expires_at === null
                      ? t("tokens.forever")
                      : over
                        ? t("tokens.expired", { time: clock(language, each.expires_at) })
                        : t("links.until", { time: clock(language, each.expires_at) })}{" "}
                    ·{" "}
                    {each.last_used_at === null ? t("tokens.unused") : t("tokens.used", { time: ago(language, each.last_used_at, now) })}
                  </p>
                </div>
                <button type="button" className="button button-danger" onClick={() => setRemoving(each)}>{t("device.remove")}</button>
              </li>
            );
          })}
        </ul>
      )}
      {making ? <MakeToken onClose={() => { setMaking(false); polled.refresh(); }} /> : null}
      {removing === null ? null : (
        <Sure
          title={t("tokens.remove")}
          text={t("tokens.remove.confirm", { name: removing.name })}
          button={t("device.remove")}
          run={() => api.removeToken(removing.id)}
          onClose={() => {
            setRemoving(null);
            polled.refresh();
          }}
        />
      )}
    </section>
  );
}

const ttls = { day: 86_400, month: 30 * 86_400, year: 365 * 86_400, forever: null } as const;
type Ttl = keyof typeof ttls;

function MakeToken({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const api = useApi();
  const [made, setMade] = useState<(ApiToken & { token: string }) | null>(null);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const role = roles.find((each) => each === form.get("role")) ?? "viewer";
    const ttl = Object.hasOwn(ttls, String(form.get("ttl"))) ? ttls[form.get("ttl") as Ttl] : null;
    setError(null);
    try {
      const tags = tagsOf(String(form.get("tags") ?? ""));
      setMade(await api.makeToken(String(form.get("name")).trim(), role, ttl, tags.length > 0 ? { tags } : null));
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <Dialog title={t("tokens.make")} onClose={onClose}>
      {made !== null ? (
        <>
          <p className="notice" role="status">{t("tokens.once")}</p>
          <div className="links">
            <div className="secret">
              <input className="mono" readOnly value={made.token} aria-label={t("tokens.token")} onFocus={(event) => event.target.select()} />
              <CopyButton text={made.token} />
            </div>
          </div>
          <footer className="dialog-foot"><button type="button" className="button button-primary" onClick={onClose}>{t("app.close")}</button></footer>
        </>
      ) : (
        <form className="form" onSubmit={submit}>
          <div className="field">
            <label htmlFor="token-name">{t("tokens.name")}</label>
            <input id="token-name" name="name" required maxLength={64} autoComplete="off" />
          </div>
          <fieldset className="roles">
            <legend>{t("tokens.role")}</legend>
            {roles.map((each: Role) => (
              <label key={each} className="check">
                <input type="radio" name="role" value={each} defaultChecked={each === "viewer"} />
                <span><strong>{t(`role.${each}`)}</strong> <span className="muted">{t(`role.${each}.about`)}</span></span>
              </label>
            ))}
          </fieldset>
          <div className="field">
            <label htmlFor="token-tags">{t("tokens.scope")}</label>
            <input id="token-tags" name="tags" autoComplete="off" aria-describedby="token-tags-hint" />
            <small id="token-tags-hint">{t("tokens.scope.hint")}</small>
          </div>
          <label className="field-inline">
            <span>{t("links.ttl")}</span>
            <select name="ttl" defaultValue="month">
              {(Object.keys(ttls) as Ttl[]).map((each) => <option key={each} value={each}>{t(`tokens.ttl.${each}`)}</option>)}
            </select>
          </label>
          {error === null ? null : <Problem error={error} />}
          <footer className="dialog-foot">
            <button type="button" className="button" onClick={onClose}>{t("app.cancel")}</button>
            <button type="submit" className="button button-primary">{t("tokens.make")}</button>
          </footer>
        </form>
      )}
    </Dialog>
  );
}

function LiveTokens() {
  const { language, t } = useI18n();
  const api = useApi();
  const mayRevoke = useMay("operator");
  const [pages, setPages] = useState<(string | null)[]>([null]); // cursors of the pages on the way here
  const cursor = pages.at(-1) ?? null;
  const polled = usePolled(`live tokens ${cursor ?? ""}`, (signal) => api.liveTokens(cursor, signal), everyMs);
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<unknown>(null);
  useTick();
  useEffect(() => setError(null), [cursor]);
  const now = api.now();
  const rows = (polled.data?.items ?? []).filter((each) => !gone.has(each.id));
  const revoke = async (row: LiveTokenRow) => {
    setError(null);
    try {
      await api.revokeLiveToken(row.id);
      setGone((old) => new Set(old).add(row.id));
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <section className="card panel" aria-labelledby="live-tokens">
      <h2 id="live-tokens">{t("tokens.live")}</h2>
      <p className="muted">{t("tokens.live.lead")}</p>
      {error === null ? null : <Problem error={error} />}
      {polled.error === null ? null : <Problem error={polled.error} />}
      {polled.data === null ? null : rows.length === 0 ? (
        <p className="muted lead">{t("tokens.live.none")}</p>
      ) : (
        <ul className="tokens">
          {rows.map((each) => {
            const left = Date.parse(each.expires_at) - now;
            return (
              <li key={each.id} data-live-token={each.id}>
                <div>
                  <strong className="mono break">{each.stream}</strong>
                  <p className="muted">
                    {left > 0 ? t("tokens.starts", { time: duration(language, left) }) : t("tokens.over")} · {t("tokens.by", { who: each.issuer })}
                  </p>
                </div>
                {mayRevoke ? <button type="button" className="button button-danger" onClick={() => revoke(each)}>{t("tokens.revoke")}</button> : null}
              </li>
            );
          })}
        </ul>
      )}
      {pages.length > 1 || polled.data?.next ? (
        <p className="pager">
          <button type="button" className="button" disabled={pages.length === 1} onClick={() => setPages(pages.slice(0, -1))}>{t("app.back")}</button>
          <button type="button" className="button" disabled={!polled.data?.next} onClick={() => polled.data?.next && setPages([...pages, polled.data.next])}>{t("app.more")}</button>
        </p>
      ) : null}
    </section>
  );
}
