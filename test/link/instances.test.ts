import { assert, describe, it } from "@effect/vitest"
import * as ActorError from "../../src/ActorError.ts"
import type { Instance } from "../../src/link/balancer.ts"
import { Instances } from "../../src/link/instances.ts"
import type { MailboxOptions } from "../../src/link/mailboxOptions.ts"
import { Outgoing } from "../../src/link/outgoing.ts"
import * as tick from "../../src/loop/tick.ts"
import type { After } from "../../src/loop/timeouts.ts"
import { noValue } from "../../src/wire/translator.ts"

class Message extends Outgoing {
  constructor(name: string) {
    super("ask", 0, name, noValue, [], null)
  }
  onSettled(): void {}
  onAccepted(): void {}
  onDeadlock(): () => void {
    return () => {}
  }
  onChunk(): void {}
}

/** An instance with so many places, and what it was given. */
const makeInstance = (places: number, log: Array<string>, mailbox: MailboxOptions) => {
  const taken: Array<Outgoing> = []
  const waits: Array<boolean> = []
  let status: "up" | "away" | ActorError.Reason = "up"
  let onWait = (): void => {}
  let looked = 0
  const instance: Instance = {
    trySend: (message) => status === "up" && taken.length < places && taken.push(message) > 0,
    load: () => ++looked > 0 && status === "up" && taken.length < places ? taken.length : Infinity,
    status: () => status,
    mailbox: () => mailbox,
    waitForPlace(_, wait) {
      if (status !== "up" || waits.at(-1) === wait) return false
      waits.push(wait)
      if (wait) onWait()
      return true
    },
    recall: () => ({ some: false, back: [] }),
    undelivered: (message, reason) => void log.push(`${message.tag}: ${reason._tag}`),
    accept: (message) => void log.push(`${message.tag}: accepted`)
  }
  return {
    instance,
    taken,
    waits,
    /** How often it was asked for a place. */
    looks: () => looked,
    names: () => taken.map(({ tag }) => tag).join(""),
    become(next: typeof status): void {
      status = next
    },
    /** Right before it learns that messages wait. */
    whenTold(f: () => void): void {
      onWait = f
    }
  }
}

const setUp = (places: ReadonlyArray<number>, mailbox: MailboxOptions = { capacity: 1000, overflow: "suspend" }) => {
  const log: Array<string> = []
  const all = places.map((count) => makeInstance(count, log, mailbox))
  const group = new Instances(0, all.map(({ instance }) => instance), never)
  const send = (names: string) => {
    for (const name of names) group.send(new Message(name))
  }
  return { all, group, log, send, given: () => all.map(({ names }) => names()) }
}

/** Its time never comes. */
const never: After = () => ({ giveUp: () => {} })

const gone = new ActorError.NotRunning({ why: "it was stopped", known: [] })

describe("F25: A group of instances", () => {
  it("A group of instances gives each message to the instance with the fewest, and equally busy ones take turns.", () => {
    const { all, given, send } = setUp([9, 9, 9])
    send("abcdef")
    assert.deepStrictEqual(given(), ["ad", "be", "cf"])
    all[1]?.taken.splice(0)
    send("gh")
    assert.deepStrictEqual(given(), ["ad", "gh", "cf"])
  })

  it("A group of instances keeps messages that find no free place, in order, and gives them away as places become free.", () => {
    const { all, given, group, log, send } = setUp([1, 1])
    send("abcd")
    assert.deepStrictEqual(given(), ["a", "b"])
    assert.deepStrictEqual(log, ["c: accepted", "d: accepted"])
    assert.deepStrictEqual(all.map(({ waits }) => waits), [[true], [true]], "the instances know of it")
    assert.isFalse(group.trySend(new Message("e")), "it would overtake")
    all[1]?.taken.splice(0)
    group.onChange()
    assert.deepStrictEqual(given(), ["a", "c"])
    all[0]?.taken.splice(0)
    group.onChange()
    assert.deepStrictEqual(given(), ["d", "c"])
    assert.deepStrictEqual(all.map(({ waits }) => waits), [[true, false], [true, false]])
    assert.strictEqual(group.waiting(), 0)
  })

  it("A group of instances tries none of them while they know that messages wait, and fills all places of a tick at its end.", () => {
    const { all, given, group, log, send } = setUp([2, 2], { capacity: 3, overflow: "suspend" })
    send("abcde")
    const looked = all.map(({ looks }) => looks())
    send("fgh")
    assert.deepStrictEqual(all.map(({ looks }) => looks()), looked)
    assert.deepStrictEqual(log, ["e: accepted", "f: accepted", "g: accepted"], "within the capacity")
    tick.inTurn(() => {
      for (const one of all) {
        one.taken.splice(0)
        group.onPlace()
        group.onPlace()
      }
      assert.deepStrictEqual(given(), ["", ""])
    }, undefined)
    assert.deepStrictEqual(given(), ["eg", "fh"])
    assert.strictEqual(group.waiting(), 0)
  })

  it("A group of instances passes over instances that are away, and waits while all are.", () => {
    const { all, given, group, send } = setUp([2, 2])
    all[0]?.become("away")
    send("a")
    assert.deepStrictEqual(given(), ["", "a"])
    all[1]?.become("away")
    send("b")
    assert.strictEqual(group.waiting(), 1)
    all[0]?.become("up")
    group.onChange()
    assert.deepStrictEqual(given(), ["b", "a"])
  })

  it("A group of instances sends messages that come back before all others.", () => {
    const { all, given, group, send } = setUp([2, 2])
    send("abcdef")
    const [first, second] = all
    first?.become("away")
    const back = first?.taken.splice(0) ?? []
    group.onReturned(back)
    assert.strictEqual(group.waiting(), 4)
    second?.taken.splice(0)
    group.onChange()
    assert.deepStrictEqual(given(), ["", "ac"], "a and c came back")
  })

  it("A group of instances settles everything once no instance will come back, with the reason.", () => {
    const { all, group, log, send } = setUp([0, 0])
    send("ab")
    log.splice(0)
    all[0]?.become(gone)
    group.onChange()
    assert.deepStrictEqual(log, [])
    all[1]?.become(gone)
    group.onChange()
    assert.deepStrictEqual(log, ["a: NotRunning", "b: NotRunning"])
    send("c")
    assert.deepStrictEqual(log.slice(2), ["c: NotRunning"])
    group.dismiss(new ActorError.Stopping())
    assert.strictEqual(log.length, 3)
  })

  it("A group of instances bounds its queue by the capacity of the mailbox and its overflow.", () => {
    const suspend = setUp([0], { capacity: 1, overflow: "suspend" })
    suspend.send("ab")
    assert.deepStrictEqual(suspend.log, ["a: accepted"], "b waits for a place in the queue")
    const fail = setUp([0], { capacity: 1, overflow: "fail" })
    fail.send("ab")
    assert.deepStrictEqual(fail.log, ["a: accepted", "b: MailboxFull"])
    const drop = setUp([0], { capacity: 1, overflow: "drop-oldest" })
    drop.send("ab")
    assert.deepStrictEqual(drop.log, ["a: accepted", "a: MailboxFull", "b: accepted"])
  })

  it("A group of instances accepts a message that was over the capacity once one before it has left.", () => {
    const { all, group, log, send } = setUp([1], { capacity: 1, overflow: "suspend" })
    send("abc")
    assert.deepStrictEqual(log, ["b: accepted"])
    all[0]?.taken.splice(0)
    group.onChange()
    assert.deepStrictEqual(log, ["b: accepted", "c: accepted"])
  })

  it("A group of instances forgets a message that was withdrawn, and never gives one away that is cancelled.", () => {
    const { all, given, group, send } = setUp([1])
    send("a")
    const withdrawn = new Message("b")
    group.send(withdrawn)
    group.remove(withdrawn)
    const cancelled = new Message("c")
    group.send(cancelled)
    cancelled.cancelled = true
    send("d")
    all[0]?.taken.splice(0)
    group.onChange()
    assert.deepStrictEqual(given(), ["d"])
  })

  it("A group looks again after an instance learns that messages wait, which may have become free before that.", () => {
    const { all, given, group, send } = setUp([1, 1])
    const [, second] = all
    second?.become("away")
    send("ab")
    assert.deepStrictEqual(given(), ["a", ""], "b waits, and the first instance knows that")
    // The second one comes, full by another sender's message, which is done before it can know of b.
    second?.taken.push(new Message("x"))
    second?.whenTold(() => second.taken.splice(0))
    second?.become("up")
    group.onChange()
    assert.deepStrictEqual(given(), ["a", "b"])
  })
})
