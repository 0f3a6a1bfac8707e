/** The keys of a keyed actor in a real browser. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import { launch } from "../cli/launching.ts"
import { click, executablePath, isInstalled, open, sees } from "../web/chromium.ts"
import { post, send } from "../web/client.ts"

const keysOn = (page: Page) => Effect.promise(() => page.locator("ul.keys code").allTextContents())

describe.skipIf(!isInstalled)(`keys in ${executablePath}`, () => {
  it.live("W3: An actor's drawer lists keys, finds them, and stops one.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(["start", "dashboard/config.ts"], { env: { PORT: "0", HEDDLE_LOG: "text" } })
      const url = /(http:\S+)/.exec(yield* heddle.line(/dashboard at http:/))?.[1] ?? ""
      yield* heddle.line(/thread "rooms" #1 is ready/)
      const rooms = `${url}/api/actors/Room`
      for (const key of ["lobby", "garden", "<b>attic</b>"]) {
        yield* post(`${rooms}/call`, { message: "Enter", key })
      }
      const { complaints, page } = yield* open(`${url}/#actor/Room`)
      const stopOf = (key: string) => page.getByRole("button", { name: `Stop ${key}`, exact: true })
      yield* Effect.promise(() => stopOf("<b>attic</b>").waitFor())
      assert.deepStrictEqual(yield* keysOn(page), ["<b>attic</b>", "garden", "lobby"])
      yield* Effect.promise(() => page.getByRole("searchbox", { name: "Search", exact: true }).fill("gar"))
      yield* Effect.promise(() => stopOf("lobby").waitFor({ state: "detached" }))
      assert.deepStrictEqual(yield* keysOn(page), ["garden"])
      yield* click(page, "button", "Stop garden")
      yield* sees(page, "None of them.")
      assert.deepStrictEqual(JSON.parse((yield* send(`${rooms}/keys`)).text).count, 2)
      assert.deepStrictEqual(complaints, [])
    }), 180_000)
})
