// Looking up sentences, without React.

import { catalogue, languages, type Key, type Language } from "./catalogue";

export type Params = Record<string, string | number>;

export function textOf(language: Language, key: Key, params: Params = {}): string {
  const sentence: string = catalogue[key][language === "en" ? 0 : 1];
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

// The sentence of an error code where the catalogue has one.
export function errorText(language: Language, code: string): string | null {
  const key = `error.${code}`;
  return Object.hasOwn(catalogue, key) ? textOf(language, key as Key) : null;
}

export function preferredLanguage(stored: string | null, navigatorLanguage: string): Language {
  const known = languages.find((language) => language === stored);
  return known ?? (navigatorLanguage.toLowerCase().startsWith("zh") ? "zh" : "en");
}
