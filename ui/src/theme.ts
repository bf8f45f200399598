// Light or dark: as the system says, or as the operator chose.

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const key = "camfleet.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

export function storedTheme(): Theme {
  const stored = localStorage.getItem(key);
  return themes.find((theme) => theme === stored) ?? "auto";
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(key, theme);
  applyTheme(theme);
}

export function followSystem(): void {
  applyTheme(storedTheme());
  dark.addEventListener("change", () => applyTheme(storedTheme()));
}
