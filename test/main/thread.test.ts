import { assert, it } from "@effect/vitest"
import { once } from "node:events"
import { setImmediate } from "node:timers/promises"
import type { ToSupervisor } from "../../src/control/protocol.ts"
import { inProcess } from "../../src/main/sharing.ts"
import { type Loop, spawnIn } from "../../src/main/thread.ts"
import config from "../fixtures/idling/config.ts"

/** Measures until it is so. */
const until = async (measure: () => Loop, isSo: (loop: Loop) => boolean): Promise<Loop> => {
  for (;;) {
    const loop = measure()
    if (isSo(loop)) return loop
    await setImmediate()
  }
}

it("A thread's loop is measured without waking it: it has slept, was active, or stands still.", async () => {
  const spec = config.topology.threads[0] ?? assert.fail("no thread is declared")
  const said = new EventTarget()
  const say = (what: string): void => void said.dispatchEvent(new Event(what))
  const exited = once(said, "exit")
  const loaded = once(said, "Loaded")
  const { block, measureLoop, post, terminate } = spawnIn(inProcess)(config.topology, spec, {
    message: ({ _tag }: ToSupervisor) => say(_tag),
    exit: () => say("exit"),
    ignored: () => say("ignored")
  })
  assert.deepStrictEqual(measureLoop(), { idleMillis: 0, activeMillis: 0, utilization: 0 })
  await loaded

  // What is left of loading goes on for a while.
  for (;;) {
    const { activeMillis, idleMillis } = measureLoop()
    const later = await until(measureLoop, (loop) => loop.idleMillis > idleMillis + 100)
    if (later.activeMillis - activeMillis < 0.01) break
  }
  assert.deepStrictEqual([block.beats(), block.toldMillis(), block.heapBytes()], [0, 0, 0])

  post({ _tag: "Beat", tell: false, sentMillis: 0 })
  await until(measureLoop, () => block.beats() === 1)
  assert.strictEqual(block.toldMillis(), 0)
  assert.isAbove(block.heapBytes(), 1_000_000)
  const before = measureLoop()
  post({ _tag: "Beat", tell: true, sentMillis: 0 })
  await until(measureLoop, () => block.beats() === 2)
  const { idleMillis } = measureLoop()
  const asleep = await until(measureLoop, (loop) => loop.idleMillis > idleMillis + 10)
  assert.isAbove(asleep.activeMillis, block.toldMillis())
  assert.isAtLeast(block.toldMillis(), before.activeMillis - 1)

  post({ _tag: "Inject", fault: "spin" })
  const spinning = await until(measureLoop, (loop) => loop.activeMillis > asleep.activeMillis + 50)
  post({ _tag: "Beat", tell: true, sentMillis: 0 })
  const later = await until(measureLoop, (loop) => loop.activeMillis > spinning.activeMillis + 50)
  assert.strictEqual(later.idleMillis, spinning.idleMillis)
  assert.strictEqual(later.utilization, 1)
  assert.strictEqual(block.beats(), 2)

  terminate()
  await exited
  assert.strictEqual(measureLoop().utilization, 0)
})
