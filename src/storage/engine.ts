/**
 * Accepts durable messages, hands them to their actors, and notes what becomes of them.
 *
 * ```text
 *   accept --> fresh --+                        +--> accepted: its sender goes on
 *                      +--> one transaction ----+
 *   settled --> ended -+        ^               +--> handed over: running ---> its actor settles it --> ended
 *                               |
 *                    one at a time: what comes meanwhile is in the next
 * ```
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import { type Acceptance, type Answer, storageThread } from "../actor/storageActor.ts"
import * as ActorError from "../ActorError.ts"
import type { Courier } from "../link/courier.ts"
import type { Settlement } from "../link/outgoing.ts"
import * as monotonic from "../loop/monotonic.ts"
import * as stored from "../wire/stored.ts"
import { CodecIssue } from "../wire/translator.ts"
import { type Accepting, Asks, unreachable } from "./asks.ts"
import { Unusable } from "./database.ts"
import { Lane } from "./lane.ts"
import { deadLetterOf, type Fresh, identityOf, type Outcome, type Stored } from "./message.ts"
import * as outcome from "./outcome.ts"
import type { Schedules } from "./schedules.ts"
import type { Store, Wanted, Work, Written } from "./store.ts"
import { Suspects } from "./suspects.ts"

/** How long the end of a message may wait to be written with others: until then, a crash has it run again. */
const settleMillis = 5
/** How many ends are written at once in any case. */
const mostEnded = 512
/** How long the storage waits after a failure before it writes again by itself. */
const failedMillis = 1000
/** How often it looks at the clock; more often if there are schedules, because that may be set. */
const longestWaitMillis = 60_000
const longestWaitForClockMillis = 10_000

/** What a storage had when it was opened. */
export interface Found {
  /** Messages with which the process has ended too often. */
  readonly killers: ReadonlyArray<Stored>
  readonly schedules: Schedules
}

/** The engine of a storage that is open. */
export class Engine {
  private readonly store: Store
  private readonly schedules: Schedules
  private readonly courier: Courier
  private readonly explain: (error: unknown) => string
  private readonly clock: Clock.Clock
  /** What the clocks said at the start: within one run, time goes on as the monotonic clock does. */
  private readonly started: { readonly atMillis: number; readonly moment: monotonic.Moment }
  private readonly latch = Latch.makeUnsafe(false)
  private readonly lanes: ReadonlyMap<string, Lane>
  private readonly suspects: Suspects
  private accepting: Array<Accepting> = []
  private ended: Array<{ readonly message: Stored; readonly settlement: Settlement }> = []
  private outcomes: ReadonlyArray<Outcome> = []
  private readonly asks = new Asks()
  private settleAtMillis = Infinity
  private notBeforeMillis = -Infinity

  constructor(
    store: Store,
    courier: Courier,
    clock: Clock.Clock,
    explain: (error: unknown) => string,
    { killers, schedules }: Found
  ) {
    this.store = store
    this.schedules = schedules
    this.courier = courier
    this.clock = clock
    this.explain = explain
    this.started = { atMillis: clock.currentTimeMillisUnsafe(), moment: monotonic.read(clock) }
    this.lanes = new Map(Array.from(courier.actors, ([name, { keys }]) => [name, new Lane(keys !== undefined)]))
    this.suspects = new Suspects(this.lanes, courier)
    this.outcomes = killers.map((message) => outcome.ofKiller(message, this.now()))
  }

  /** Epoch milliseconds, which no setting of the clock changes while this runs. */
  now(): number {
    return Math.floor(this.started.atMillis + (monotonic.read(this.clock) - this.started.moment))
  }

  /** Accepts a message. Completes once it is on disk. */
  accept(acceptance: Acceptance, isAsk = false): Effect.Effect<void, ActorError.Unreachable> {
    return Effect.callback((resume) => {
      if (!this.lanes.has(acceptance.actor)) {
        return resume(unreachable("no", `has no actor ${acceptance.actor} to send it to: its thread declares none`))
      }
      this.accepting.push({ acceptance, resume, isAsk })
      this.latch.openUnsafe()
    })
  }

  /** Accepts a message and waits for its answer. */
  ask(acceptance: Acceptance): Effect.Effect<Answer, ActorError.Unreachable> {
    return Effect.callback((resume) => {
      const leave = this.asks.add(identityOf(acceptance), resume)
      this.accepting.push({
        acceptance,
        isAsk: true,
        resume(exit) {
          if (Exit.isSuccess(exit)) return
          leave()
          resume(Exit.failCause(exit.cause))
        }
      })
      this.latch.openUnsafe()
      return Effect.sync(leave)
    })
  }

  /** Messages of an actor, or of any, wait in the storage that did not come by this engine. `killers`: the process has ended with them. */
  look(actor?: string, killers: ReadonlyArray<Stored> = []): void {
    for (const [name, lane] of this.lanes) if (actor === undefined || actor === name) lane.renew()
    this.suspects.renew()
    this.outcomes = [...this.outcomes, ...killers.map((message) => outcome.ofKiller(message, this.now()))]
    this.latch.openUnsafe()
  }

  /** Looks whether messages have ended that are asked for here and run on other machines. */
  readonly lookElsewhere: Effect.Effect<void> = Effect.suspend(() =>
    Effect.forEach(Array.from(this.asks.elsewhere.values()), (asked) => this.answerDuplicate(asked), { discard: true })
  )

  /** Works until it is interrupted. */
  readonly run: Effect.Effect<never> = Effect.forever(Effect.suspend(() => {
    const millis = this.idleMillis()
    if (millis <= 0) return Effect.andThen(Effect.yieldNow, this.step)
    this.latch.closeUnsafe()
    return this.latch.await.pipe(Effect.timeoutOption(millis), Effect.andThen(Effect.yieldNow))
  }))

  /** Writes what has happened, and hands over what is due. */
  readonly step: Effect.Effect<void> = Effect.uninterruptible(Effect.gen({ self: this }, function*() {
    const nowMillis = this.now()
    const outcomes = [...this.outcomes, ...yield* this.takeOutcomes(nowMillis)]
    this.outcomes = []
    const accepting = this.accepting
    this.accepting = []
    const schedules = this.schedules.due(this.clock.currentTimeMillisUnsafe())
    const suspects = this.suspects.takers(nowMillis)
    const wanted = this.wanted(nowMillis)
    const acceptances = [
      ...accepting.map(({ acceptance }) => acceptance),
      ...schedules.flatMap(({ acceptances }) => acceptances)
    ]
    let committing = false
    const work: Work = { fresh: this.freshOf(acceptances, nowMillis), outcomes, wanted, suspects, schedules, nowMillis }
    const exit = yield* Effect.exit(this.store.write(work, () => {
      committing = true
    }))
    if (Exit.isFailure(exit)) return yield* this.failed(work, accepting, Cause.squash(exit.cause), committing)
    this.notBeforeMillis = -Infinity
    this.schedules.written(schedules)
    this.written(work, exit.value)
    for (const { resume } of accepting) resume(Exit.void)
    const asked = accepting.flatMap(({ acceptance, isAsk }) => isAsk ? [acceptance] : [])
    if (asked.length === 0) return
    const fresh = new Set(Array.from(exit.value.accepted.keys(), ({ identity }) => identity))
    for (const one of asked) if (!fresh.has(identityOf(one))) yield* this.answerDuplicate(one)
  }))

  /** How long there is nothing to do. */
  private idleMillis(): number {
    const nowMillis = this.now()
    if (this.accepting.length > 0) return 0
    let at = this.settleAtMillis
    if (this.ended.length >= mostEnded) at = nowMillis
    if (this.outcomes.length > 0) at = Math.min(at, nowMillis)
    for (const lane of this.lanes.values()) at = Math.min(at, lane.wantsAtMillis())
    at = Math.min(
      at,
      this.suspects.atMillis,
      nowMillis + this.schedules.dueInMillis(this.clock.currentTimeMillisUnsafe())
    )
    const longest = this.schedules.isEmpty ? longestWaitMillis : longestWaitForClockMillis
    return Math.min(longest, Math.max(at, this.notBeforeMillis) - nowMillis)
  }

  /** What becomes of the messages whose delivery has ended. Those that ask for them get their answers at once. */
  private readonly takeOutcomes = Effect.fnUntraced(
    function*(this: Engine, nowMillis: number): Effect.fn.Return<ReadonlyArray<Outcome>> {
      const { ended } = this
      this.ended = []
      this.settleAtMillis = Infinity
      const outcomes: Array<Outcome> = []
      for (const { message, settlement } of ended) {
        const lane = this.lanes.get(message.actor)
        const isRefused = outcome.isRefused(settlement)
        if (isRefused) lane?.pause(message.key, nowMillis)
        else lane?.end(message.key)
        const actor = this.courier.actors.get(message.actor)
        const one = yield* outcome.of({ message, settlement, actor, isAsked: this.asks.awaits(message), nowMillis })
        outcomes.push(one)
        if (one._tag !== "Again") {
          this.schedules.ended(message)
          if (one.answer !== undefined) this.asks.settle(identityOf(message), Exit.succeed(one.answer))
        } else if (!isRefused) lane?.waits(one.dueAtMillis)
        this.suspects.ended(message, isRefused, nowMillis)
      }
      return outcomes
    }
  )

  /** The actors that take messages of the storage. */
  private wanted(nowMillis: number): Work["wanted"] {
    const wanted = new Map<string, Wanted>()
    for (const [actor, lane] of this.lanes) {
      const count = lane.wanted(nowMillis)
      if (count > 0) wanted.set(actor, { count, excluded: lane.excluded(nowMillis) })
    }
    return wanted
  }

  /** The messages to insert: of duplicates that come together, the first. */
  private freshOf(acceptances: ReadonlyArray<Acceptance>, nowMillis: number): ReadonlyArray<Fresh> {
    const fresh = new Map<string, Fresh>()
    for (const acceptance of acceptances) {
      const identity = identityOf(acceptance)
      const lane = this.lanes.get(acceptance.actor)
      if (lane === undefined || fresh.has(identity)) continue
      const runs = acceptance.afterMillis === 0 && lane.takesFresh(acceptance.key, nowMillis)
      if (runs) lane.begin(acceptance.key)
      fresh.set(identity, { acceptance, identity, runs, atMillis: nowMillis })
    }
    return Array.from(fresh.values())
  }

  /** All is on disk. */
  private written({ fresh, nowMillis, outcomes, suspects, wanted }: Work, written: Written): void {
    const { accepted, dueAtMillis, suspectAtMillis, taken } = written
    if (suspects !== undefined) this.suspects.looked(taken, suspectAtMillis, nowMillis)
    for (const one of fresh) this.begun(one, accepted.get(one))
    for (const actor of wanted.keys()) {
      const due = dueAtMillis.get(actor)
      if (due !== undefined) this.lanes.get(actor)?.looked(due, nowMillis)
    }
    for (const message of taken) {
      this.lanes.get(message.actor)?.begin(message.key)
      this.deliver(message)
    }
    for (const one of outcomes) if (one._tag === "Dead") this.courier.publish(deadLetterOf(one))
  }

  /** A message was to be accepted: `message` is missing if it was known already. */
  private begun({ acceptance, atMillis, runs }: Fresh, message: Stored | undefined): void {
    const lane = this.lanes.get(acceptance.actor)
    if (message !== undefined && acceptance.sender === storageThread) this.schedules.accepted(message)
    if (message !== undefined && runs) this.deliver(message)
    else if (message !== undefined) lane?.waits(atMillis + acceptance.afterMillis)
    else if (runs) lane?.end(acceptance.key)
  }

  /** Nothing was written. What was to be accepted is refused; what has ended is written another time. */
  private failed(
    work: Work,
    accepting: ReadonlyArray<Accepting>,
    error: unknown,
    committing: boolean
  ): Effect.Effect<void> {
    for (const { acceptance, runs } of work.fresh) if (runs) this.lanes.get(acceptance.actor)?.end(acceptance.key)
    this.outcomes = [...work.outcomes, ...this.outcomes]
    this.notBeforeMillis = this.now() + failedMillis
    const isLost = error instanceof Unusable
    const why = isLost ? error.text : this.explain(error)
    for (const { resume } of accepting) resume(unreachable(committing ? "maybe" : "no", why))
    const text = `the storage of durable messages ${why}`
    return isLost ? Effect.die(new Error(text)) : Effect.logError(text)
  }

  private readonly answerDuplicate = (acceptance: Acceptance): Effect.Effect<void> =>
    Effect.map(Effect.exit(this.store.find(acceptance)), (known) => this.asks.found(acceptance, known, this.explain))

  private deliver(message: Stored): void {
    const { attempt, form, headers, id, key, payload, sender } = message
    const onSettled = (settlement: Settlement): void => {
      this.ended.push({ message, settlement })
      this.settleAtMillis = Math.min(this.settleAtMillis, this.now() + (this.asks.awaits(message) ? 0 : settleMillis))
      this.latch.openUnsafe()
    }
    const read = stored.read(payload, form)
    if (read instanceof CodecIssue) {
      return onSettled(["undelivered", new ActorError.NotSendable({ handled: "no", detail: `${read.text}.` })])
    }
    const delivered = { id, attempt, redelivered: attempt > 1, from: sender, fence: 0 }
    const parcel = { ...message, tag: message.message, key, headers, value: read.value, delivered, onSettled }
    if (this.courier.send(parcel)) return
    const why = "no thread of this system declares the actor"
    onSettled(["undelivered", new ActorError.NotRunning({ why, known: [] })])
  }
}
