import { useEffect, useState, type FormEvent } from "react";
import { count } from "../format";
import { useApi } from "../gateway";
import { useI18n } from "../i18n/context";
import type { BulkReport, DevicePatch } from "../types";
import { Dialog } from "./dialog";
import { CloseIcon } from "./icons";
import { Problem } from "./problem";

type Action = "enable" | "disable" | "tags" | "password" | "reconnect";
const actions: readonly Action[] = ["reconnect", "enable", "disable", "tags", "password"];

// What can be done with the devices that are chosen in the list; each step is shown before it is done.
export function BulkBar({ ids, onClear }: { ids: readonly string[]; onClear: () => void }) {
  const { language, t } = useI18n();
  const [action, setAction] = useState<Action | null>(null);
  return (
    <div className="bulk" role="region" aria-label={t("bulk.title")}>
      <strong role="status">{t("bulk.chosen", { count: count(language, ids.length) })}</strong>
      {actions.map((each) => (
        <button key={each} type="button" className="button" onClick={() => setAction(each)}>
          {t(`bulk.${each}`)}
        </button>
      ))}
      <button type="button" className="button-quiet" aria-label={t("bulk.clear")} title={t("bulk.clear")} onClick={onClear}>
        <CloseIcon />
      </button>
      {action === null ? null : action === "reconnect" ? (
        <Reconnect ids={ids} onClose={() => setAction(null)} />
      ) : (
        <Change
          ids={ids}
          action={action}
          onClose={(done) => {
            setAction(null);
            if (done) onClear();
          }}
        />
      )}
    </div>
  );
}

function Change({ ids, action, onClose }: { ids: readonly string[]; action: Exclude<Action, "reconnect">; onClose: (done: boolean) => void }) {
  const { language, t } = useI18n();
  const api = useApi();
  const [plan, setPlan] = useState<BulkReport | null>(null);
  const [done, setDone] = useState<BulkReport | null>(null);
  const [run, setRun] = useState<((dryRun: boolean) => Promise<BulkReport>) | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (cause) {
      setError(cause);
    }
    setBusy(false);
  };
  const preview = (what: (dryRun: boolean) => Promise<BulkReport>) =>
    attempt(async () => {
      setPlan(await what(true));
      setRun(() => what);
    });

  useEffect(() => {
    if (action === "enable" || action === "disable") void preview((dry) => api.bulk(ids, { enabled: action === "enable" }, dry));
  }, []); // once, when the dialog opens

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    if (action === "tags") {
      const patch: DevicePatch = { add_tags: tagsOf(text("add")), remove_tags: tagsOf(text("remove")) };
      void preview((dry) => api.bulk(ids, patch, dry));
    } else {
      const login = { ...(text("username").trim() === "" ? {} : { username: text("username").trim() }), ...(text("password") === "" ? {} : { password: text("password") }) };
      void preview((dry) => api.credentials(ids, login, dry));
    }
  };

  const report = done ?? plan;
  return (
    <Dialog title={t(`bulk.${action}`)} onClose={() => onClose(done !== null)}>
      <p>{t(`bulk.${action}.about`, { count: count(language, ids.length) })}</p>
      {done === null && (action === "tags" || action === "password") ? (
        <form className="form" onSubmit={submit} onChange={() => setPlan(null)}>
          {action === "tags" ? (
            <>
              <Field name="add" label={t("bulk.tags.add")} hint={t("add.tags.hint")} />
              <Field name="remove" label={t("bulk.tags.remove")} />
            </>
          ) : (
            <>
              <Field name="username" label={t("add.username")} hint={t("bulk.password.same")} />
              <Field name="password" label={t("add.password")} type="password" />
            </>
          )}
          <footer className="dialog-foot">
            <button type="submit" className="button" disabled={busy}>{t("bulk.preview")}</button>
          </footer>
        </form>
      ) : null}
      {busy && report === null ? <p role="status">{t("bulk.busy")}</p> : null}
      {report === null ? null : <Report report={report} done={done !== null} />}
      {error === null ? null : <Problem error={error} />}
      <footer className="dialog-foot">
        {done !== null ? (
          <button type="button" className="button button-primary" onClick={() => onClose(true)}>{t("app.close")}</button>
        ) : (
          <>
            <button type="button" className="button" onClick={() => onClose(false)}>{t("app.cancel")}</button>
            <button
              type="button"
              className="button button-primary"
              disabled={busy || plan === null || run === null || plan.changed === 0}
              onClick={() =>
                attempt(async () => {
                  if (run !== null) setDone(await run(false));
                })
              }
            >
              {t("bulk.do", { count: count(language, plan?.changed ?? 0) })}
            </button>
          </>
        )}
      </footer>
    </Dialog>
  );
}

const shownFailures = 20;

function Report({ report, done }: { report: BulkReport; done: boolean }) {
  const { language, t } = useI18n();
  const failures = report.items.filter((each) => each.code !== undefined);
  const reconnected = report.items.filter((each) => each.effect === "reconnected").length;
  return (
    <div className="bulk-report" role="status" data-testid="bulk-report">
      <p>
        <strong>
          {t(done ? "bulk.did" : "bulk.would", { changed: count(language, report.changed), same: count(language, report.unchanged), failed: count(language, report.failed) })}
        </strong>
      </p>
      {reconnected > 0 ? <p className="muted">{t("bulk.reconnects", { count: count(language, reconnected) })}</p> : null}
      {failures.length > 0 ? (
        <ul className="failures">
          {failures.slice(0, shownFailures).map((each) => (
            <li key={each.id}>
              <code>{each.id}</code> {each.title || each.code} {each.detail}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

const atOnce = 4;

// The API reconnects one device at a time; a few run beside each other, and a closed dialog stops the rest.
function Reconnect({ ids, onClose }: { ids: readonly string[]; onClose: () => void }) {
  const { language, t } = useI18n();
  const api = useApi();
  const [asked, setAsked] = useState(0);
  const [failed, setFailed] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const [running, setRunning] = useState(false);
  useEffect(() => {
    if (!running) return;
    let next = 0;
    let stopped = false;
    const worker = async () => {
      while (!stopped) {
        const id = ids[next++];
        if (id === undefined) return;
        try {
          await api.reconnect(id);
        } catch (cause) {
          if (stopped) return;
          setFailed((old) => old + 1);
          setError(cause);
        }
        if (!stopped) setAsked((old) => old + 1);
      }
    };
    for (let i = 0; i < atOnce; ++i) void worker();
    return () => {
      stopped = true;
    };
  }, [running, ids, api]);
  const finished = asked === ids.length;
  return (
    <Dialog title={t("bulk.reconnect")} onClose={onClose}>
      <p>{t("bulk.reconnect.about", { count: count(language, ids.length) })}</p>
      {running ? (
        <>
          <progress max={ids.length} value={asked} aria-label={t("bulk.reconnect")} />
          <p role="status">{t("bulk.asked", { done: count(language, asked - failed), failed: count(language, failed) })}</p>
        </>
      ) : null}
      {error === null ? null : <Problem error={error} />}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={onClose}>{t(running ? "app.close" : "app.cancel")}</button>
        {running ? null : (
          <button type="button" className="button button-primary" disabled={finished} onClick={() => setRunning(true)}>
            {t("bulk.do", { count: count(language, ids.length) })}
          </button>
        )}
      </footer>
    </Dialog>
  );
}

function Field({ name, label, hint, type = "text" }: { name: string; label: string; hint?: string; type?: string }) {
  const id = `bulk-${name}`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} type={type} autoComplete={type === "password" ? "new-password" : "off"} spellCheck={false} aria-describedby={hint === undefined ? undefined : `${id}-hint`} />
      {hint === undefined ? null : <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

export function tagsOf(text: string): string[] {
  return text.split(/[,，;]/).map((tag) => tag.trim()).filter(Boolean);
}
