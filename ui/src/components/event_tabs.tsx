import { useI18n } from "../i18n/context";
import { pageHref } from "../router";

export const eventPages = ["events", "blind", "account"] as const;

// The three views of the ledger.
export function EventTabs({ page }: { page: (typeof eventPages)[number] }) {
  const { t } = useI18n();
  return (
    <nav className="segmented" aria-label={t("events.views")}>
      {eventPages.map((each) => (
        <a key={each} href={pageHref(each)} aria-current={each === page ? "page" : undefined}>{t(`events.view.${each}`)}</a>
      ))}
    </nav>
  );
}
