import { useI18n } from "../i18n/context";
import type { Key } from "../i18n/catalogue";
import { Dialog } from "./dialog";

const groups: { title: Key; keys: [string, Key][] }[] = [
  {
    title: "keys.everywhere",
    keys: [
      ["?", "keys.help"],
      ["g f", "keys.fleet"],
      ["g w", "keys.wall"],
      ["g e", "keys.events"],
      ["g b", "keys.blind"],
      ["g s", "keys.sinks"],
      ["g d", "keys.discovered"],
      ["g i", "keys.import"],
      ["g t", "keys.tokens"],
      ["Esc", "keys.close"],
    ],
  },
  {
    title: "nav.fleet",
    keys: [
      ["/", "keys.search"],
      ["n", "keys.new"],
      ["↑ ↓ ← →", "keys.walk"],
      ["Enter", "keys.open"],
    ],
  },
  {
    title: "keys.device",
    keys: [
      ["1 2 3", "keys.profile"],
      ["m", "keys.mute"],
      ["f", "keys.full"],
      ["↑ ↓ ← → + −", "keys.ptz"],
    ],
  },
  { title: "nav.wall", keys: [["1 2 3 4", "keys.wall.size"], ["f", "keys.full"]] },
];

// The page `?`: what the keyboard does.
export function Keys({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <div className="keys">
        {groups.map(({ title, keys }) => (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl>
              {keys.map(([key, text]) => (
                <div key={key}>
                  <dt>{key.split(" ").map((each) => <kbd key={each}>{each}</kbd>)}</dt>
                  <dd>{t(text)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
