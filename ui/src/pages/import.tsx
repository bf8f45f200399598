import { useMemo, useRef, useState } from "react";
import { ApiError } from "../api";
import { UploadIcon } from "../components/icons";
import { Problem } from "../components/problem";
import { count } from "../format";
import { useApi, useGateway } from "../gateway";
import { useTitle, useWindowed } from "../hooks";
import { useI18n } from "../i18n/context";
import { importActions, type ImportAction, type ImportItem, type ImportReport } from "../types";

export const signs: Record<ImportAction, string> = { add: "+", change: "~", same: "=", remove: "−", error: "!" };
const limitBytes = 16 * 1024 * 1024;

interface Options {
  prune: boolean;
  all_or_nothing: boolean;
}

// A fleet by a file: what it would do, row by row, and only then doing it.
export function ImportPage() {
  const { language, t } = useI18n();
  useTitle(t("import.title"));
  const api = useApi();
  const { fleet } = useGateway();
  const [file, setFile] = useState<File | null>(null);
  const [options, setOptions] = useState<Options>({ prune: false, all_or_nothing: false });
  const [plan, setPlan] = useState<ImportReport | null>(null);
  const [done, setDone] = useState<ImportReport | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const asked = useRef(0); // counts up to outdate earlier questions

  const ask = async (given: File, how: Options, dry: boolean) => {
    const own = ++asked.current;
    setBusy(true);
    setError(null);
    if (dry) setPlan(null);
    try {
      if (given.size > limitBytes) throw new ApiError("api.body_too_large", 413, t("import.too_large"));
      const report = await api.importDevices(given, formatOf(given.name), { ...how, dry_run: dry });
      if (own !== asked.current) return;
      if (dry) setPlan(report);
      else {
        setDone(report);
        setPlan(null);
        fleet.reload();
      }
    } catch (cause) {
      if (own !== asked.current) return;
      // A refused import has the rows that it is refused for.
      const report = cause instanceof ApiError ? (cause.body as Partial<ImportReport> | null) : null;
      if (Array.isArray(report?.items)) setPlan(report as ImportReport);
      setError(cause);
    }
    setBusy(false);
  };
  const take = (given: File | undefined) => {
    if (given === undefined) return;
    setFile(given);
    setDone(null);
    void ask(given, options, true);
  };
  const choose = (change: Partial<Options>) => {
    const next = { ...options, ...change };
    setOptions(next);
    if (file !== null && done === null) void ask(file, next, true);
  };
  const work = plan === null ? 0 : plan.counts.add + plan.counts.change + plan.counts.remove;
  const refused = plan?.refused != null || (plan !== null && options.all_or_nothing && plan.counts.error > 0);

  return (
    <main className="page" id="content">
      <div className="page-head"><h1>{t("import.title")}</h1></div>
      <p className="muted lead">{t("import.lead")}</p>
      <div
        className={over ? "drop card drop-over" : "drop card"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer.files[0]);
        }}
      >
        <UploadIcon />
        <p>{file === null ? t("import.drop") : <strong className="break"><bdi>{file.name}</bdi></strong>}</p>
        <button type="button" className="button" onClick={() => input.current?.click()}>{t(file === null ? "import.pick" : "import.pick.other")}</button>
        <input
          ref={input}
          type="file"
          className="sr-only"
          tabIndex={-1}
          aria-label={t("import.pick")}
          accept=".csv,.txt,.yaml,.yml,text/csv,application/yaml"
          onChange={(event) => {
            take(event.target.files?.[0]);
            event.target.value = ""; // the same file again is another question
          }}
        />
        <small>{t("import.formats")}</small>
      </div>
      <fieldset className="import-options">
        <legend className="sr-only">{t("import.options")}</legend>
        <label className="check">
          <input type="checkbox" checked={options.prune} onChange={(event) => choose({ prune: event.target.checked })} />
          <span>{t("import.prune")}</span>
        </label>
        <label className="check">
          <input type="checkbox" checked={options.all_or_nothing} onChange={(event) => choose({ all_or_nothing: event.target.checked })} />
          <span>{t("import.all_or_nothing")}</span>
        </label>
      </fieldset>
      {busy ? <p role="status" className="lead">{t("import.busy")}</p> : null}
      {error === null ? null : <Problem error={error} />}
      {done !== null ? (
        <>
          <p className="notice notice-good" role="status" data-testid="import-done">{t("import.done", counts(done, language))}</p>
          <Rows report={done} />
          <p className="lead"><a className="button" href="#/">{t("app.to_fleet")}</a></p>
        </>
      ) : plan !== null ? (
        <>
          <div className="import-do">
            <p role="status" data-testid="import-plan">
              <strong>{t("import.plan", counts(plan, language))}</strong>{" "}
              <span className="muted">{t("import.read", { rows: count(language, plan.rows), encoding: plan.encoding, format: plan.format.toUpperCase() })}</span>
            </p>
            <button
              type="button"
              className={plan.counts.remove > 0 ? "button button-danger-solid" : "button button-primary"}
              disabled={busy || work === 0 || refused}
              onClick={() => file !== null && ask(file, options, false)}
            >
              {plan.counts.remove > 0 ? t("import.do_and_remove", { count: count(language, plan.counts.remove) }) : t("import.do")}
            </button>
          </div>
          {plan.refused == null ? null : <p className="notice" role="alert">{plan.refused.title} {plan.refused.detail}</p>}
          <Rows report={plan} />
        </>
      ) : null}
    </main>
  );
}

function counts(report: ImportReport, language: "en" | "zh"): Record<ImportAction, string> {
  return Object.fromEntries(importActions.map((each) => [each, count(language, report.counts[each])])) as Record<ImportAction, string>;
}

export function formatOf(name: string): "csv" | "yaml" {
  return /\.ya?ml$/i.test(name) ? "yaml" : "csv";
}

const rowHeight = 48;

// The rows, those with errors first to be seen; of 100,000 only those near the screen exist.
function Rows({ report }: { report: ImportReport }) {
  const { language, t } = useI18n();
  const [only, setOnly] = useState<ImportAction | null>(null);
  const rows = useMemo(() => {
    const chosen = only === null ? report.items : report.items.filter((each) => each.action === only);
    return only === null ? [...chosen].sort((a, b) => rank[a.action] - rank[b.action]) : chosen;
  }, [report, only]);
  const body = useRef<HTMLDivElement>(null);
  const { first, end } = useWindowed(body, rows.length, rowHeight);
  return (
    <>
      <div className="chips import-chips" role="group" aria-label={t("import.filter")}>
        {importActions.map((each) => (
          <button
            key={each}
            type="button"
            className={report.counts[each] === 0 ? "chip chip-none" : "chip"}
            aria-pressed={only === each}
            data-import={each}
            data-count={report.counts[each]}
            onClick={() => setOnly(only === each ? null : each)}
          >
            <span className={`sign sign-${each}`} aria-hidden="true">{signs[each]}</span>
            {t(`import.${each}`)}
            <span className="chip-count">{count(language, report.counts[each])}</span>
          </button>
        ))}
      </div>
      <div className="card import-rows" role="table" aria-label={t("import.rows")} aria-rowcount={rows.length}>
        <div ref={body} role="rowgroup" style={{ height: rows.length * rowHeight }}>
          <div role="presentation" style={{ transform: `translateY(${first * rowHeight}px)` }}>
            {rows.slice(first, end).map((item, index) => (
              <ImportRow key={`${item.row} ${item.id}`} item={item} index={first + index + 1} />
            ))}
          </div>
        </div>
      </div>
    </>
  );
}

const rank: Record<ImportAction, number> = { error: 0, remove: 1, change: 2, add: 3, same: 4 };

function ImportRow({ item, index }: { item: ImportItem; index: number }) {
  const { t } = useI18n();
  const said = [
    ...(item.errors ?? []).map((each) => `${each.column ? `${each.column}: ` : ""}${each.title || each.code || ""} ${each.detail ?? ""}`.trim()),
    ...(item.changes ?? []).map((each) => (each.changed === true ? t("import.changed", { field: each.field }) : `${each.field}: ${each.before || "∅"} → ${each.after || "∅"}`)),
    ...(item.warnings ?? []).map((each) => [each.column, each.detail].filter(Boolean).join(": ")),
  ].join(" · ");
  return (
    <div role="row" className="import-row" aria-rowindex={index} data-row={item.action}>
      <span role="cell" className={`sign sign-${item.action}`} title={t(`import.${item.action}`)}>
        <span aria-hidden="true">{signs[item.action]}</span>
        <span className="sr-only">{t(`import.${item.action}`)}</span>
      </span>
      <span role="cell" className="import-line muted">{item.line === null ? "" : t("import.line", { n: item.line })}</span>
      <span role="cell" className="import-name clamp"><bdi>{item.name || item.id || item.address}</bdi> <small className="mono">{item.id}</small></span>
      <span role="cell" className="import-address mono clamp">{item.address}</span>
      <span role="cell" className="import-said" title={said}><bdi>{said}</bdi></span>
    </div>
  );
}
