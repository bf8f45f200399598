// A camera with sound in the console's player: Chromium decodes both.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gateway, launch, openPage, plays, until } from "./console.mjs";

test("picture and sound of one camera play together", async () => {
  const target = await gateway();
  const browser = await launch();
  try {
    const { page, trouble } = await openPage(browser);
    await page.goto(`${target.url}/#token=${encodeURIComponent(target.token)}`);
    await page.locator(`[data-device="${process.env.CAMFLEET_DEVICE}"] a`).first().click();
    await plays(page, 3);
    const heard = () => page.evaluate(() => document.querySelector("video").webkitAudioDecodedByteCount);
    const before = await until("sound", heard);
    await until("more sound", async () => (await heard()) > before);
    const apart = await page.evaluate(() => document.querySelector("video").buffered.length);
    assert.equal(apart, 1, "no holes");
    assert.deepEqual(trouble, []);
  } finally {
    await browser.close();
    target.close();
  }
});
