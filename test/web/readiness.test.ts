import { assert, describe, it } from "@effect/vitest"
import { checks } from "../../src/dashboard/readiness.ts"
import { makeWorld } from "./fakes.ts"

const known = { others: [], stopping: null }

describe("F25: Readiness of several instances", () => {
  const [thread] = makeWorld().threads
  assert(thread !== undefined)
  const pool = (states: ReadonlyArray<typeof thread.state>) =>
    checks({
      ...known,
      threads: states.map((state, index) => ({ ...thread, name: `hash.${index + 1}`, group: "hash", state }))
    }).filter(({ name }) => name !== "system")

  it("F25: A pool is one check, ready while one of them runs, which says what is wrong with the others.", () => {
    assert.deepStrictEqual(pool(["running", "running"]), [{ name: "hash", ok: true, detail: "ok" }])
    const [part, ...more] = pool(["running", "restarting"])
    assert.deepStrictEqual(more, [])
    assert.deepInclude(part, { name: "hash", ok: true })
    assert.match(part?.detail ?? "", /^hash\.2: restarting/)
  })

  it("F25: A pool is not ready when none of them runs.", () => {
    assert.deepInclude(pool(["restarting", "stopped"])[0], { name: "hash", ok: false })
  })

  it("F25: A thread without further instances is checked by its own name.", () => {
    assert.deepInclude(checks({ ...known, threads: [{ ...thread, name: "bot", group: "bot" }] })[1], {
      name: "bot",
      ok: true
    })
  })
})
