import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

declare const process: { env: Record<string, string | undefined> };

// Where `npm run dev` finds a gateway: a real one, or `npm run mock`.
const gateway = process.env["CAMFLEET_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // The gateway's content security policy knows no data: URLs and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/api": { target: gateway },
      "/live": { target: gateway, ws: true },
    },
  },
  test: { include: ["src/**/*.test.ts", "mock/**/*.test.mjs"], environment: "node" },
});
