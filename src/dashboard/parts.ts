/**
 * Files of the page that a program's own pages may use as well.
 */
import type * as Effect from "effect/Effect"
// By its public name, by which `heddle build` finds the files that go into a bundle.
import * as Assets from "heddle/Assets"

/**
 * Files of the dashboard's page for a page of one's own, as `Assets.read` gives them: the colours by day and by night, a list
 * that stays at its end, times in words, and Preact with `html`.
 *
 * **Details**
 * - The two scripts import `./preact.js`, so serve all of them from one folder.
 *
 * @since 0.1.0
 * @category servers
 */
export const pageParts = {
  "/palette.css": Assets.read(import.meta.url, "./page/palette.css"),
  "/scroll.js": Assets.read(import.meta.url, "./page/scroll.js"),
  "/words.js": Assets.read(import.meta.url, "./page/words.js"),
  // The build copies it next to the others, with its licences.
  "/preact.js": Assets.read(import.meta.url, "htm/preact/standalone.mjs")
} satisfies Readonly<Record<string, Effect.Effect<Uint8Array>>>
