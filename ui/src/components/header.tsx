import { useState } from "react";
import { useMay } from "../gateway";
import { useI18n } from "../i18n/context";
import type { Key } from "../i18n/catalogue";
import { pageHref, type PageName } from "../router";
import type { Role } from "../types";
import { chooseTheme, storedTheme, themes, type Theme } from "../theme";
import { AutoIcon, BellIcon, ExitIcon, GridIcon, HelpIcon, KeyIcon, Mark, MoonIcon, RadarIcon, SinkIcon, SunIcon, UploadIcon, WallIcon } from "./icons";

const icons: Record<Theme, () => React.JSX.Element> = { auto: AutoIcon, light: SunIcon, dark: MoonIcon };

interface Props {
  // null while nobody is signed in.
  onSignOut: (() => void) | null;
  onHelp: () => void;
  page: PageName | null;
}

export function Header({ onSignOut, onHelp, page }: Props) {
  const { language, setLanguage, t } = useI18n();
  const [theme, setTheme] = useState(storedTheme);
  const ThemeIcon = icons[theme];
  const nextTheme = () => {
    const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? "auto";
    chooseTheme(next);
    setTheme(next);
  };
  return (
    <header className="header">
      <div className="header-inner">
        <a className="brand" href="#/" aria-label={`camfleet – ${t("app.home")}`}>
          <Mark />
          <span>camfleet</span>
        </a>
        {onSignOut === null ? null : <Navigation page={page} />}
        <div className="header-tools">
          <button
            type="button"
            className="button-quiet"
            data-testid="language"
            lang={language === "en" ? "zh-CN" : "en"}
            title={t("app.language.label")}
            onClick={() => setLanguage(language === "en" ? "zh" : "en")}
          >
            {t("app.language")}
          </button>
          <button
            type="button"
            className="button-quiet"
            data-testid="theme"
            aria-label={t(`app.theme.${theme}`)}
            title={t(`app.theme.${theme}`)}
            onClick={nextTheme}
          >
            <ThemeIcon />
          </button>
          <button type="button" className="button-quiet wide-only" aria-label={t("keys.title")} title={t("keys.title")} onClick={onHelp}>
            <HelpIcon />
          </button>
          {onSignOut === null ? null : (
            <button
              type="button"
              className="button-quiet"
              aria-label={t("app.signout")}
              title={t("app.signout")}
              onClick={onSignOut}
            >
              <ExitIcon />
            </button>
          )}
        </div>
      </div>
    </header>
  );
}

const places: { page: PageName; text: Key; icon: () => React.JSX.Element; role: Role }[] = [
  { page: "fleet", text: "nav.fleet", icon: GridIcon, role: "viewer" },
  { page: "wall", text: "nav.wall", icon: WallIcon, role: "viewer" },
  { page: "events", text: "nav.events", icon: BellIcon, role: "viewer" },
  { page: "sinks", text: "nav.sinks", icon: SinkIcon, role: "admin" },
  { page: "discovered", text: "nav.discovered", icon: RadarIcon, role: "operator" },
  { page: "import", text: "nav.import", icon: UploadIcon, role: "operator" },
  { page: "tokens", text: "nav.tokens", icon: KeyIcon, role: "operator" },
];

// The pages that the operator's role can use. On a phone it is the bar at the bottom.
function Navigation({ page }: { page: PageName | null }) {
  const { t } = useI18n();
  const may = { viewer: true, operator: useMay("operator"), admin: useMay("admin") };
  return (
    <nav className="nav" aria-label={t("nav.label")}>
      {places.map(({ page: each, text, icon: Icon, role }) =>
        !may[role] ? null : (
          <a key={each} href={pageHref(each)} aria-current={each === page || (each === "events" && (page === "blind" || page === "account")) ? "page" : undefined}>
            <Icon />
            <span>{t(text)}</span>
          </a>
        ),
      )}
    </nav>
  );
}
