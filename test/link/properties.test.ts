/**
 * A link by chance: senders, answers, withdrawals, crashes, stops and restarts in any order, and an account of every
 * message.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Crashed } from "../../src/ActorError.ts"
import type { Delivery } from "../../src/link/delivery.ts"
import { type Call, call, crash, type Incarnation, make, numbers } from "./world.ts"

type Move =
  | { readonly _tag: "Send"; readonly tell: boolean; readonly other: boolean }
  | { readonly _tag: "Interrupt" | "TimeOut"; readonly which: number }
  | { readonly _tag: "Deliver"; readonly forth: boolean; readonly count: number }
  | { readonly _tag: "Handle"; readonly which: number; readonly how: "Success" | "Error" | "Failed" }
  | { readonly _tag: "Die" | "Revive" | "StopToComeBack" | "Stop" | "GiveUp" | "Pause" | "Resume" }

interface Message {
  readonly n: number
  readonly tell: boolean
  readonly other: boolean
  readonly call: Call
}

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ _tag: fc.constant("Send" as const), tell: fc.boolean(), other: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ _tag: fc.constantFrom("Interrupt" as const, "TimeOut" as const), which: fc.nat(20) })
  },
  {
    weight: 8,
    arbitrary: fc.record({
      _tag: fc.constant("Deliver" as const),
      forth: fc.boolean(),
      count: fc.integer({ min: 1, max: 4 })
    })
  },
  {
    weight: 8,
    arbitrary: fc.record({
      _tag: fc.constant("Handle" as const),
      which: fc.nat(3),
      how: fc.constantFrom("Success" as const, "Success" as const, "Error" as const, "Failed" as const)
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      _tag: fc.constantFrom(
        "Die" as const,
        "Die" as const,
        "StopToComeBack" as const,
        "Stop" as const,
        "GiveUp" as const,
        "Pause" as const
      )
    })
  },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constantFrom("Revive" as const, "Resume" as const) }) }
)

const mailboxes = fc.record({
  capacity: fc.integer({ min: 1, max: 6 }),
  overflow: fc.constantFrom("suspend" as const, "fail" as const, "drop-oldest" as const),
  concurrency: fc.integer({ min: 1, max: 3 })
})

const play = (options: Parameters<typeof make>[0], script: ReadonlyArray<Move>) => {
  const world = make(options)
  const messages: Array<Message> = []
  /** What was begun, over all incarnations, in order; and how it ended. */
  const begun: Array<{ readonly n: number; readonly other: boolean; end: string }> = []
  let hand: Array<{ readonly delivery: Delivery; readonly entry: { end: string }; readonly other: boolean }> = []
  let thread: Incarnation | undefined
  const receiverLetters: Array<unknown> = []

  const onBegin = (delivery: Delivery): void => {
    const n = Number(numbers([delivery])[0])
    const entry = { n, other: delivery.request[2] === 1, end: "" }
    begun.push(entry)
    const held = { delivery, entry, other: entry.other }
    hand.push(held)
    delivery.onCancel = () => finish(held, "Failed")
  }
  const finish = (held: (typeof hand)[number], wish: "Success" | "Error" | "Failed"): void => {
    if (!hand.includes(held)) return
    // Drain declares no errors.
    const how = wish === "Error" && held.other ? "Failed" : wish
    hand = hand.filter((other) => other !== held)
    held.entry.end = how
    const { delivery } = held
    if (how === "Success") delivery.end({ _tag: "Success", value: held.other ? undefined : 1 })
    else if (how === "Error") delivery.end({ _tag: "Error", error: { _tag: "Refused", why: "no" } })
    else delivery.end({ _tag: "Failed", reason: broken })
    const box = held.other ? thread?.drainBox : thread?.mailbox
    box?.release()
  }
  const revive = (): void => {
    if (thread !== undefined) return
    world.sender.expected("actors")
    thread = world.boot(onBegin)
  }
  const die = (): void => {
    if (thread === undefined) return
    receiverLetters.push(...thread.deadLetters)
    thread.die()
    for (const { entry } of hand) entry.end = "Lost"
    hand = []
    thread = undefined
  }

  const move = (step: Move): void => {
    switch (step._tag) {
      case "Send": {
        const n = messages.length
        const { other, tell } = step
        const actor = other ? world.drain : world.sink
        const sent = call(tell ? actor.Put({ n }, { discard: true }) : actor.Put({ n }))
        messages.push({ n, tell, other, call: sent })
        return
      }
      case "Interrupt":
        return messages[step.which % Math.max(1, messages.length)]?.call.interrupt()
      case "TimeOut": {
        const timer = Array.from(world.timers)[step.which % Math.max(1, world.timers.size)]
        if (timer === undefined) return
        world.timers.delete(timer)
        return timer.waiter.onDue()
      }
      case "Deliver":
        return void (step.forth ? thread?.there : thread?.here)?.deliver(step.count)
      case "Handle": {
        const held = hand[step.which % Math.max(1, hand.length)]
        return held && finish(held, step.how)
      }
      case "Die":
        return die()
      case "Revive":
        return revive()
      case "StopToComeBack": {
        if (thread === undefined) return
        world.sender.stopping("actors", true)
        thread.mailbox.halt(() => {})
        thread.drainBox.halt(() => {})
        return
      }
      case "Stop": {
        if (thread === undefined) return
        world.sender.stopping("actors", false)
        thread.mailbox.close(() => {})
        thread.drainBox.close(() => {})
        return
      }
      case "GiveUp":
        die()
        return world.sender.gone("actors", "given up")
      case "Pause":
        // An actor is built anew: what it had in hand is told at once.
        thread?.mailbox.pause()
        for (const held of hand.filter(({ other }) => !other)) {
          hand = hand.filter((other) => other !== held)
          held.entry.end = "Failed"
          held.delivery.end({ _tag: "Failed", reason: broken })
        }
        return
      case "Resume":
        return thread?.mailbox.resume((delivery) => {
          thread?.started.push(delivery)
          onBegin(delivery)
        })
    }
  }

  for (const step of script) move(step)
  // Everything goes well from now on: a new incarnation handles whatever is left.
  die()
  revive()
  for (let round = 0; round < 1000; round++) {
    thread?.settle()
    const [held] = hand
    if (held === undefined) break
    finish(held, "Success")
  }
  thread?.settle()
  if (thread !== undefined) receiverLetters.push(...thread.deadLetters)
  return { world, messages, begun, thread, letters: [...world.deadLetters, ...receiverLetters] }
}

const broken = new Crashed({ handled: "maybe", cause: crash })

describe("whatever happens on a link", () => {
  it("Every ask settles, nothing runs twice, every tell is accounted for, and order is kept.", () => {
    fc.assert(
      fc.property(mailboxes, fc.array(moves, { maxLength: 100 }), (options, script) => {
        const { begun, letters, messages, thread, world } = play(options, script)
        const runs = new Map<number, string>()
        for (const { end, n } of begun) {
          assert.isFalse(runs.has(n), `${n} ran twice`)
          runs.set(n, end)
        }
        let expectedLetters = 0
        for (const { call, n, tell } of messages) {
          const state = call.state()
          const ran = runs.get(n)
          assert.notStrictEqual(state, "pending", `${n} hangs`)
          if (state.endsWith("/no")) assert.isUndefined(ran, `${n} ran in spite of ${state}`)
          if (!tell) {
            if (state.startsWith("value")) assert.strictEqual(ran, "Success")
            if (state.startsWith("error")) assert.strictEqual(ran, "Error")
            if (state === "Crashed/maybe") assert.isDefined(ran)
          } else if (state.startsWith("value")) {
            // Accepted: it ran to its end, or somebody was told.
            if (ran === undefined || ran === "Failed" || ran === "Lost") expectedLetters++
            else assert.include(["Success", "Error"], ran)
          } else assert.isUndefined(ran)
        }
        assert.lengthOf(letters, expectedLetters)
        for (const other of [false, true]) {
          const order = begun.filter((entry) => entry.other === other).map(({ n }) => n)
          assert.deepStrictEqual(order, order.toSorted((one, next) => one - next))
        }
        for (const actor of [0, 1]) {
          assert.strictEqual(thread?.block.depth(actor), 0, "nothing is left in the mailbox")
          assert.strictEqual(thread?.block.waiters(actor), 0, "nobody waits")
        }
        assert.strictEqual(world.timers.size, 0, "no timer is left")
      }),
      { numRuns: 1500 }
    )
  })
})
