import { useEffect, useId, useMemo, useState } from "react";
import { useI18n } from "../i18n/context";

const suggested = 20;
const isId = /^[a-z0-9][a-z0-9._-]{0,63}$/;

// A device by its id; names and ids that match are suggested. What can be no id is told to nobody.
export function DeviceField(props: { names: ReadonlyMap<string, string>; value: string; onChange: (device: string) => void }) {
  const { t } = useI18n();
  const list = useId();
  const { names, value, onChange } = props;
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const choices = useMemo(() => {
    const q = draft.trim().toLowerCase();
    const out: (readonly [string, string])[] = [];
    for (const [id, name] of names) {
      if (q !== "" && !id.includes(q) && !name.toLowerCase().includes(q)) continue;
      out.push([id, name]);
      if (out.length === suggested) break;
    }
    return out;
  }, [names, draft]);
  return (
    <>
      <input
        className={value === "" ? "choice" : "choice choice-set"}
        type="search"
        list={list}
        aria-label={t("events.device")}
        placeholder={t("events.device")}
        spellCheck={false}
        maxLength={64}
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
          const id = event.target.value.trim().toLowerCase();
          if (id === "" || isId.test(id)) onChange(id);
        }}
      />
      <datalist id={list}>
        {choices.map(([id, name]) => <option key={id} value={id}>{name.slice(0, 60)}</option>)}
      </datalist>
    </>
  );
}
