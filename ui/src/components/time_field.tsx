import { fromLocal, toLocal } from "../events/address";

// A time in the reader's own time zone.
export function TimeField({ name, value, onChange }: { name: string; value: string; onChange: (time: string) => void }) {
  return (
    <label className="time-field">
      <span className="muted">{name}</span>
      <input className={value === "" ? "choice" : "choice choice-set"} type="datetime-local" value={toLocal(value)} onChange={(event) => onChange(fromLocal(event.target.value))} />
    </label>
  );
}
