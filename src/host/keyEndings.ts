/**
 * How keys end: closed in order, or after a failure; then forgotten, or at rest until their back-off is over, or quarantined.
 *
 * ```text
 *   open ---> idle, evicted or asked to stop ---> its scope is closed ---> forgotten; opened again if a message came meanwhile
 *        ---> a defect ---> its lane is shut, what runs is answered with `Crashed`, its scope is closed
 *                |---> its policy says again: it rests until the back-off is over, then opens when something needs it
 *                +---> its budget is spent: quarantined, until it is woken or stopped
 * ```
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as ActorError from "../ActorError.ts"
import { named } from "../base/keyName.ts"
import * as ExitCause from "../ExitCause.ts"
import { atMost } from "../loop/atMost.ts"
import * as monotonic from "../loop/monotonic.ts"
import * as RestartPolicy from "../RestartPolicy.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import type { Failure } from "./hostContext.ts"
import type { Key } from "./key.ts"
import type { Given } from "./keyGiven.ts"
import type { Keeping } from "./keyKeeping.ts"
import type { Passivation } from "./keyPassivation.ts"

/** What follows the end of a key. */
export interface After {
  /** There is room for another key. */
  readonly onRoom: () => void
  /** A key rests, and is needed: it is opened again when its back-off is over. */
  readonly onResting: (key: Key) => void
}

/** Keys that are closing, or were closed after a failure. */
export class Endings {
  /** How many keys are closing. */
  closing = 0
  /** Keys that have failed lately and are not awake, the one that failed first before the others. */
  readonly resting = new Set<Key>()
  /** In the order in which they were given up. */
  readonly quarantined = new Set<Key>()
  private readonly given: Given
  private readonly passivation: Passivation
  private readonly keeping: Keeping
  private readonly after: After

  constructor(given: Given, passivation: Passivation, keeping: Keeping, after: After) {
    this.given = given
    this.passivation = passivation
    this.keeping = keeping
    this.after = after
  }

  /** Closes a key that is idle. */
  passivate(key: Key): void {
    this.end(key, ExitCause.Requested.make({}), Exit.void, (isClosed) => {
      if (isClosed) this.leave(key)
      else this.quarantine(key, this.stuck(key))
    })
  }

  /** Closes a key for good: what was kept for it is forgotten. `done` is told why that was not possible, if it was not. */
  stop(key: Key, done: (failed: ExitCause.ExitCause | undefined) => void): void {
    this.end(key, ExitCause.Requested.make({}), Exit.void, (isClosed) => {
      const stuck = isClosed ? undefined : this.stuck(key)
      done(stuck)
      if (stuck !== undefined) return this.quarantine(key, stuck)
      this.keeping.forget(key.lane.key)
      key.history = RestartPolicy.noFailures
      this.leave(key)
    })
  }

  /** Closes a key that has failed, and decides what follows. */
  fail(key: Key, failure: Failure): void {
    const wellUntil = this.now()
    this.end(key, failure.cause, Exit.die(failure.cause), (isClosed) => {
      const cause = isClosed ? failure.cause : this.stuck(key)
      const { handling, host, options } = this.given
      host.publish({
        _tag: "ActorFailed",
        thread: host.thread,
        incarnation: host.incarnation,
        actor: handling.name,
        key: key.lane.key,
        atMillis: Context.get(this.given.context, Clock.Clock).currentTimeMillisUnsafe(),
        cause
      })
      const decision = RestartPolicy.decide(options.restart, key.history, {
        readyAt: key.readyAt,
        wellUntil,
        failed: true,
        fatal: failure.fatal || !isClosed,
        random: Effect.runSyncWith(this.given.context)(Random.next)
      })
      if (decision._tag !== "Restart") {
        key.history = decision._tag === "GiveUp" ? decision.history : key.history
        return this.quarantine(key, cause)
      }
      key.history = decision.history
      key.restsUntil = monotonic.plus(this.now(), decision.afterMillis)
      key.failedAt = wellUntil
      this.rest(key)
    })
  }

  /** Ends a quarantine: the key may be opened again, with a new budget. */
  lift(key: Key): void {
    this.quarantined.delete(key)
    key.lane.holder = undefined
    this.show()
  }

  /** Nothing runs for a key: it is forgotten, unless it has failed lately. What waits in its lane has it opened again. */
  leave(key: Key): void {
    if (key.history.failures > 0) return this.rest(key)
    this.resting.delete(key)
    this.given.mailbox.leave(key.lane)
  }

  /** Forgets keys whose last failure was so long ago that it counts no more. */
  forgetOld(): void {
    for (const key of this.resting) {
      if (!this.isForgiven(key)) return
      if (key.fiber !== undefined || key.lane.size > 0) continue
      this.resting.delete(key)
      this.given.mailbox.leave(key.lane)
    }
  }

  /** The failures of a key no longer count: it has not failed for as long as a stable run takes. */
  isForgiven({ failedAt }: Key): boolean {
    return failedAt === undefined || this.now() - failedAt >= this.given.options.restart.resetAfterMillis
  }

  /** Closes what a key has opened: it ends the handlers, then its scope. A finalizer that dies stops nothing. */
  close(key: Key, cause: ExitCause.ExitCause, exit: Exit.Exit<void>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { dispatcher, fiber, scope } = key
      key.state = "closing"
      const built = fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
      const handlers = dispatcher?.close(cause) ?? Effect.void
      const rest = scope === undefined ? Effect.void : Scope.close(scope, exit)
      return Effect.andThen(Effect.andThen(built, handlers), rest)
    }).pipe(
      Effect.catchCause((cause) => Effect.logError("a finalizer failed", cause)),
      Effect.annotateLogs({ actor: this.given.handling.name, key: key.lane.key })
    )
  }

  /** Shows on the status block how many keys are awake and quarantined. */
  show(): void {
    const { handling, host } = this.given
    host.endpoint.block.setKeys(handling.index, this.passivation.size, this.quarantined.size)
  }

  /** Closes a key; `then` is told whether that was done in time. */
  private end(
    key: Key,
    cause: ExitCause.ExitCause,
    exit: Exit.Exit<void>,
    then: (isClosed: boolean) => void
  ): void {
    const { context, host, mailbox } = this.given
    this.closing++
    mailbox.shut(key.lane)
    const done = (isClosed: boolean): void => {
      this.closing--
      this.passivation.leave(key)
      key.dispatcher = key.scope = key.fiber = undefined
      key.active = 0
      key.state = "resting"
      this.show()
      then(isClosed)
      this.after.onRoom()
    }
    const fiber = Effect.runForkWith(context)(this.close(key, cause, exit))
    if (fiber.pollUnsafe() !== undefined) return done(true)
    key.fiber = fiber
    const { block } = host.endpoint
    const inTime = atMost(host.closeMillis, Fiber.await(fiber), () => block.isDebugged())
    Effect.runForkWith(context)(Effect.map(inTime, done))
  }

  private rest(key: Key): void {
    key.state = "resting"
    this.resting.delete(key)
    this.resting.add(key)
    this.forgetOld()
    this.after.onResting(key)
  }

  private quarantine(key: Key, cause: ExitCause.ExitCause): void {
    const { handling, host, mailbox, options } = this.given
    const { key: text } = key.lane
    const { failures } = key.history
    const name = named(handling.name, text)
    key.state = "quarantined"
    key.lane.holder = key
    key.reason = new ActorError.NotRunning({
      why:
        `${name} was given up${
          failures === 0 ? "" : ` after ${failures} ${failures === 1 ? "failure" : "failures"}`
        } ` +
        `(${ExitCause.format(cause)}); wake(key) or stop(key) ends that`,
      known: []
    })
    this.resting.delete(key)
    this.quarantined.add(key)
    this.keeping.unnote(text)
    host.publish({
      _tag: "KeyQuarantined",
      thread: host.thread,
      incarnation: host.incarnation,
      actor: handling.name,
      key: text,
      atMillis: Context.get(this.given.context, Clock.Clock).currentTimeMillisUnsafe(),
      failures,
      cause
    })
    // One that was to wake it has not; the next one may.
    mailbox.rejectUntil(key.lane, key.reason, ({ message }) => keyMessages.isStop(message))
    const [oldest] = this.quarantined
    if (this.quarantined.size > options.keys && oldest !== undefined) {
      this.lift(oldest)
      mailbox.leave(oldest.lane)
    }
    this.show()
    this.after.onResting(key)
  }

  /** Why a key could not be closed. */
  private stuck(key: Key): ExitCause.ExitCause {
    return ExitCause.Unhealthy.make({
      actor: named(this.given.handling.name, key.lane.key),
      message: `its finalizers did not end within ${this.given.host.closeMillis} ms`
    })
  }

  private now(): monotonic.Moment {
    return monotonic.read(Context.get(this.given.context, Clock.Clock))
  }
}
