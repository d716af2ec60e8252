import type { Page } from "playwright-core";

/**
 * Resolves when the page has drawn what it was asked to. What a key or the pointer changes, a page draws in its next frame; and where
 * the pointer is, the browser itself hands on once a frame: so two.
 */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))");
}
