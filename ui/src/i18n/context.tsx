import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import type { Key, Language } from "./catalogue";
import { preferredLanguage, textOf, type Params } from "./text";

interface I18n {
  language: Language;
  setLanguage(language: Language): void;
  t(key: Key, params?: Params): string;
}

const Context = createContext<I18n | null>(null);
const storageKey = "camfleet.language";

export function I18nProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(() =>
    preferredLanguage(localStorage.getItem(storageKey), navigator.language),
  );
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  }, [language]);
  const value = useMemo<I18n>(
    () => ({
      language,
      setLanguage: (next) => {
        localStorage.setItem(storageKey, next);
        setLanguage(next);
      },
      t: (key, params) => textOf(language, key, params),
    }),
    [language],
  );
  return <Context value={value}>{children}</Context>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (value === null) throw new Error("useI18n outside of I18nProvider");
  return value;
}
