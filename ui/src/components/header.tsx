import { useState } from "react";
import { useI18n } from "../i18n/context";
import { chooseTheme, storedTheme, themes, type Theme } from "../theme";
import { AutoIcon, ExitIcon, Mark, MoonIcon, SunIcon } from "./icons";

const icons: Record<Theme, () => React.JSX.Element> = { auto: AutoIcon, light: SunIcon, dark: MoonIcon };

export function Header({ onSignOut }: { onSignOut: (() => void) | null }) {
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
