import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { problemOf } from "../../src/base/configProblem.ts"

const problem = <A>(config: Config.Config<A>, env: Record<string, string> = {}): string =>
  Effect.runSync(
    Effect.flip(Effect.provideService(
      config,
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnv({ env })
    )).pipe(Effect.map(problemOf))
  )

describe("why a setting can't be read", () => {
  it("A setting that is missing is named, in one line.", () => {
    const named = /^set DATABASE_URL \([^\n]+\)$/
    assert.match(problem(Config.String("DATABASE_URL")), named)
    assert.match(problem(Config.Redacted("DATABASE_URL")), named)
  })

  it("A setting with a wrong value is named, and one within others by its whole name.", () => {
    assert.match(problem(Config.Int("PORT"), { PORT: "many" }), /^set PORT \([^\n]+\)$/)
    assert.match(problem(Config.nested(Config.String("URL"), "DATABASE")), /^set DATABASE_URL \([^\n]+\)$/)
  })

  it("Anything else is said as it is.", () => {
    assert.strictEqual(problemOf({ message: "the vault\n  is closed" }), "the vault is closed")
  })
})
