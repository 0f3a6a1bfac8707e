import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { ToSupervisor } from "../../src/link/control.ts"
import * as metrics from "../../src/worker/metrics.ts"

const counter = Metric.counter("x", { incremental: true })

/** A thread that beats every `beatMillis`, and what it has posted. */
const thread = (beatMillis: number) => {
  const context = Context.make(Metric.MetricRegistry, new Map())
  const posted: Array<string> = []
  const { onBeat, post } = metrics.make(
    { beatMillis, thread: "bot" },
    context,
    (message) => posted.push(describeMessage(message))
  )
  const beat = (times: number) => Array.from({ length: times }).forEach(onBeat)
  return { context, posted, post, beat, count: () => counter.updateUnsafe(1, context) }
}

const describeMessage = (message: ToSupervisor): string =>
  message._tag === "Metrics"
    ? message.metrics.map(({ id, state, thread }) => `${thread}.${id} ${JSON.stringify(state)}`).join(", ")
    : message._tag

describe("a thread tells its metrics", () => {
  it("not while there are none, and not again while they don't change", () => {
    const { beat, count, posted } = thread(1000)
    beat(10)
    assert.deepStrictEqual(posted, [])
    count()
    beat(10)
    assert.deepStrictEqual(posted, [`bot.x {"count":1,"incremental":true}`])
  })

  for (const [beatMillis, beats] of [[1000, 3], [250, 12], [1, 3000]] as const) {
    it(`at most once a second, when it beats every ${beatMillis} ms`, () => {
      const { beat, count, posted } = thread(beatMillis)
      for (let n = 0; n < beats; n++) {
        count()
        beat(1)
      }
      assert.strictEqual(posted.length, 3)
    })
  }

  it("again when it is ready: before, it may have stood by, and nobody noted what it told", () => {
    const { beat, count, post, posted } = thread(1000)
    count()
    beat(1)
    post({ _tag: "Ready", mailboxes: [] })
    beat(2)
    const told = `bot.x {"count":1,"incremental":true}`
    assert.deepStrictEqual(posted, [told, "Ready", told])
  })

  for (
    const last of [
      { _tag: "Stopped" },
      { _tag: "Failing", cause: { _tag: "OutOfMemory", message: "" }, fatal: false }
    ] satisfies ReadonlyArray<ToSupervisor>
  ) {
    it(`before its last word, ${last._tag}`, () => {
      const { count, post, posted } = thread(1000)
      count()
      post({ _tag: "Ready", mailboxes: [] })
      post(last)
      assert.deepStrictEqual(posted, ["Ready", `bot.x {"count":1,"incremental":true}`, last._tag])
    })
  }

  it("whatever their type, as they were then", () => {
    const { beat, context, posted } = thread(1000)
    const words = Metric.frequency("words")
    words.updateUnsafe("a", context)
    Metric.gauge("big", { bigint: true }).updateUnsafe(3n, context)
    beat(1)
    words.updateUnsafe("a", context)
    beat(1)
    assert.deepStrictEqual(posted.length, 2)
    assert.include(posted[0], `bot.big {"value":3}`)
  })

  it("without one that can't be read", () => {
    const { beat, context, count, posted } = thread(1000)
    const get = () => {
      throw new Error("a bug")
    }
    Metric.registerUnsafe(Metric.gauge("broken"), context, { get, update: () => {}, modify: () => {} })
    count()
    beat(1)
    assert.deepStrictEqual(posted, [`bot.x {"count":1,"incremental":true}`])
  })
})
