import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { ToSupervisor } from "../../src/control/protocol.ts"
import * as metrics from "../../src/life/metrics.ts"

const counter = Metric.counter("x", { incremental: true })

/** A thread, and what it has posted. */
const thread = () => {
  const context = Context.make(Metric.MetricRegistry, new Map())
  const posted: Array<string> = []
  const { post, tell } = metrics.make({ thread: "bot" }, context, (message) => posted.push(describeMessage(message)))
  return { context, posted, post, tell, count: () => counter.updateUnsafe(1, context) }
}

const describeMessage = (message: ToSupervisor): string =>
  message._tag === "Metrics"
    ? message.metrics.map(({ id, state, thread }) => `${thread}.${id} ${JSON.stringify(state)}`).join(", ")
    : message._tag

describe("a thread tells its metrics", () => {
  it("A thread reports no metrics while there are none, and none again while they don't change.", () => {
    const { count, posted, tell } = thread()
    tell()
    tell()
    assert.deepStrictEqual(posted, [])
    count()
    tell()
    tell()
    assert.deepStrictEqual(posted, [`bot.x {"count":1,"incremental":true}`])
  })

  it("A thread reports its metrics again when it is ready: before, it may have stood by, and nobody kept them.", () => {
    const { count, post, posted, tell } = thread()
    count()
    tell()
    post({ _tag: "Ready", mailboxes: [] })
    tell()
    const told = `bot.x {"count":1,"incremental":true}`
    assert.deepStrictEqual(posted, [told, "Ready", told])
  })

  for (
    const last of [
      { _tag: "Stopped" },
      { _tag: "Failing", cause: { _tag: "OutOfMemory", message: "" }, fatal: false, unwellMillis: 0 }
    ] satisfies ReadonlyArray<ToSupervisor>
  ) {
    it(`A thread reports its metrics before its last word, ${last._tag}.`, () => {
      const { count, post, posted } = thread()
      count()
      post({ _tag: "Ready", mailboxes: [] })
      post(last)
      assert.deepStrictEqual(posted, ["Ready", `bot.x {"count":1,"incremental":true}`, last._tag])
    })
  }

  it("Metrics of every type are reported as they were then.", () => {
    const { context, posted, tell } = thread()
    const words = Metric.frequency("words")
    words.updateUnsafe("a", context)
    Metric.gauge("big", { bigint: true }).updateUnsafe(3n, context)
    tell()
    words.updateUnsafe("a", context)
    tell()
    assert.deepStrictEqual(posted.length, 2)
    assert.include(posted[0], `bot.big {"value":3}`)
  })

  it("A thread reports its metrics without one that can't be read.", () => {
    const { context, count, posted, tell } = thread()
    const get = () => {
      throw new Error("a bug")
    }
    Metric.registerUnsafe(Metric.gauge("broken"), context, { get, update: () => {}, modify: () => {} })
    count()
    tell()
    assert.deepStrictEqual(posted, [`bot.x {"count":1,"incremental":true}`])
  })
})
