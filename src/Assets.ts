/**
 * Files that belong to a program: a page, a template, a table of words.
 */
import * as Effect from "effect/Effect"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { locate } from "./base/assetFile.ts"

/**
 * Reads a file that lies next to the module that names it, from the sources and from what `heddle build` has made of them.
 *
 * **Details**
 * - `module`: always `import.meta.url`.
 * - `name`: relative to the module (`"./page/index.html"`), or a file of a package (`"htm/preact/standalone.mjs"`).
 * - `heddle build` copies each file that a call names into the bundle. It has to find the names in the program's text: both
 *   arguments are written out in the call.
 * - A file that is not there is a defect: the installation is broken. It says which file is missing, and where.
 *
 * **Gotchas**
 * - The file is read each time. A bundle has it as it was when it was built.
 *
 * **Example**
 *
 * ```ts
 * const page = yield* Assets.read(import.meta.url, "./page/index.html")
 * ```
 *
 * @since 0.1.0
 * @category reading
 */
export const read = (module: string, name: string): Effect.Effect<Uint8Array> =>
  Effect.promise(async () => {
    const url = locate(module, name)
    try {
      return globalThis.heddleBundle?.asset?.(url.href) ?? await readFile(fileURLToPath(url))
    } catch (cause) {
      throw new Error(
        `the asset ${name} of ${module} can't be read (looked at ${url.href}): copy it there, or build with heddle build, which ` +
          "copies what Assets.read(import.meta.url, \"…\") names",
        { cause }
      )
    }
  })
