import { ApiError } from "../api";
import { useI18n } from "../i18n/context";
import { errorText } from "../i18n/text";

// A failed request as its reader needs it: the sentence, what it was about, and codes to search the log for.
export function Problem({ error }: { error: unknown }) {
  const { language, t } = useI18n();
  const problem = error instanceof ApiError ? error : null;
  const code = problem?.code ?? "client.unreachable";
  return (
    <div className="problem" role="alert">
      <p>{problem?.message || errorText(language, code) || code}</p>
      {problem?.detail ? <p className="problem-detail">{problem.detail}</p> : null}
      <p className="problem-code">
        <code>{code}</code>
        {problem?.traceId ? <span>{t("app.trace", { id: problem.traceId })}</span> : null}
      </p>
    </div>
  );
}
