import { useState, type FormEvent } from "react";
import { Api, ApiError } from "../api";
import { Problem } from "../components/problem";
import type { Key } from "../i18n/catalogue";
import { useI18n } from "../i18n/context";

export function LoginPage({ expired, onToken }: { expired: boolean; onToken: (token: string) => void }) {
  const { language, t } = useI18n();
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [hint, setHint] = useState<Key | null>(expired ? "login.expired" : null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const given = token.trim();
    setError(null);
    if (given === "") return setHint("login.empty");
    setBusy(true);
    setHint(null);
    try {
      await new Api({ token: given, language: () => language }).fleet();
      onToken(given);
    } catch (cause) {
      if (cause instanceof ApiError && cause.status === 401) setHint("login.refused");
      else setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="login" id="content">
      <form className="card login-card" onSubmit={submit}>
        <h1>{t("login.title")}</h1>
        <p className="muted">{t("login.lead")}</p>
        <div className="field">
          <label htmlFor="login-token">{t("login.token")}</label>
          <input
            id="login-token"
            type="password"
            name="token"
            autoComplete="current-password"
            spellCheck={false}
            autoFocus
            value={token}
            aria-describedby="login-where"
            onChange={(event) => setToken(event.target.value)}
          />
          <small id="login-where">{t("login.where", { file: "DATA/admin.token" })}</small>
        </div>
        {hint === null ? null : <p className="notice" role="alert">{t(hint)}</p>}
        {error === null ? null : <Problem error={error} />}
        <button type="submit" className="button button-primary" disabled={busy}>
          {t("login.submit")}
        </button>
      </form>
    </main>
  );
}
