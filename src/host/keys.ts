/**
 * The keys of one incarnation of a keyed actor: opens one when a message comes for it, closes it when it is idle, and deals with its
 * failures. At most `keys` of them are awake at a time.
 *
 * ```text
 *   want ---> room? ---> open ---> messages are handled ---> close ---> gone
 *               |                        |
 *               |                        +--- it fails: close, back-off, open again; or quarantine
 *               +--- none: an idle key makes room, or the message waits, or fails
 * ```
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as ActorError from "../ActorError.ts"
import { named } from "../base/keyName.ts"
import * as ExitCause from "../ExitCause.ts"
import type { Delivery } from "../link/delivery.ts"
import * as monotonic from "../loop/monotonic.ts"
import * as RestartPolicy from "../RestartPolicy.ts"
import { versionsDiffer } from "../wire/codec.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import { CodecIssue } from "../wire/translator.ts"
import { buildFailed } from "./build.ts"
import { Dispatcher } from "./dispatcher.ts"
import { HandlerContexts } from "./handlerContext.ts"
import { isHandlers } from "./handling.ts"
import type { HostContext } from "./hostContext.ts"
import { Key, type Owner } from "./key.ts"
import { keyContext } from "./keyContext.ts"
import type { Opener } from "./keyedMailbox.ts"
import { Endings } from "./keyEndings.ts"
import type { Given } from "./keyGiven.ts"
import { Keeping } from "./keyKeeping.ts"
import { Passivation } from "./keyPassivation.ts"
import { Room } from "./keyRoom.ts"
import { Stops } from "./keyStops.ts"
import type { KeyLane } from "./laneStarter.ts"
import { defect } from "./outcome.ts"

/** How many keys are closed at the same time when the actor ends. */
const closedTogether = 64

/** The keys of one incarnation of an actor. It opens them from `mailbox.resume` on, until `close`. */
export class Keys implements Opener<Key>, Owner {
  readonly host: HostContext
  readonly actor: string
  private readonly given: Given
  private readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  private readonly passivation: Passivation
  private readonly endings: Endings
  private readonly keeping: Keeping
  private readonly stops: Stops
  private readonly room: Room
  private isClosed = false

  constructor(given: Given) {
    const { context, handling, host, options } = given
    this.given = given
    this.host = host
    this.actor = handling.name
    this.run = Effect.runForkWith(context)
    this.keeping = new Keeping(host, this.actor)
    this.passivation = new Passivation(options.keepAlive ? Infinity : options.idleMillis, this.run, {
      close: (key) => this.endings.passivate(key),
      onLap: () => this.endings.forgetOld()
    })
    this.endings = new Endings(given, this.passivation, this.keeping, {
      onRoom: () => this.isClosed ? undefined : this.room.admit(),
      onResting: (key) => this.onResting(key)
    })
    this.room = new Room(options, this.passivation, this.endings, {
      isNeeded: (key) => this.isNeeded(key),
      enter: (key) => this.enter(key),
      refuse: (key, reason) => this.refuse(key, reason)
    })
    this.stops = new Stops(given, this.endings, this.keeping, {
      want: (lane) => this.want(lane),
      isClosed: () => this.isClosed,
      forget: (key) => void this.room.applicants.delete(key)
    })
  }

  /** Wakes the keys that were awake before a restart, if they are to live without messages. */
  wakeKept(): Effect.Effect<void> {
    if (!this.given.options.keepAlive) return Effect.void
    const wake = (key: string) =>
      Effect.sync(() => {
        const lane = this.given.mailbox.laneOf(key)
        if (!this.isClosed && lane.holder === undefined) this.enter(this.make(lane))
      })
    return Effect.forEach(this.keeping.awake(), (key) => Effect.andThen(wake(key), Effect.yieldNow), { discard: true })
  }

  /** The keys that are awake. */
  awake(): ReadonlyArray<string> {
    return this.passivation.all().map(({ lane }) => lane.key)
  }

  /** All keys of which anything is known. */
  list(): ReadonlyArray<keyMessages.KeyView> {
    const { endings: { quarantined, resting }, passivation, room: { applicants } } = this
    const all = new Set([...passivation.all(), ...resting, ...quarantined, ...applicants])
    return Array.from(all, (key) => key.view())
  }

  /** Messages wait for a key that is not open. */
  want(lane: KeyLane<Key>): void {
    for (let first = this.firstOf(lane); first !== undefined; first = this.firstOf(lane)) {
      const { holder } = lane
      if (holder?.state === "quarantined") this.refuseOrLift(holder, first)
      else if (holder !== undefined && holder.state !== "resting") return
      else if (keyMessages.isStop(first.message)) this.stops.absent(lane)
      else return this.enter(holder ?? this.make(lane))
    }
    if (!this.isClosed && lane.holder === undefined) this.given.mailbox.leave(lane)
  }

  /** A key is to be stopped, after the messages that wait before that. */
  stopAsked(lane: KeyLane<Key>, stop: Delivery): void {
    this.stops.asked(lane, stop)
  }

  /** A key is used. */
  use(key: Key): void {
    this.passivation.use(key)
  }

  /** A message of a key gives back its place. */
  release(key: Key): void {
    this.given.mailbox.release(key.lane)
    this.rested(key)
  }

  /** No more messages of a key may start. */
  shut(key: Key): void {
    this.given.mailbox.shut(key.lane)
  }

  /** A message of a key has ended. Another one may wait for its room. */
  rested(key: Key): void {
    this.room.rested(key)
  }

  /** A key has failed. */
  fail(key: Key, cause: Cause.Cause<unknown>, fatal: boolean): void {
    if (key.state !== "open" && key.state !== "opening") return
    const actor = named(this.actor, key.lane.key)
    this.endings.fail(key, {
      cause: fatal ? ExitCause.Fatal.make({ actor, ...ExitCause.describeCause(cause) }) : defect(actor, cause),
      fatal
    })
  }

  /** Closes a key for good, and answers. */
  stop(key: Key, stop: Delivery): void {
    this.stops.stop(key, stop)
  }

  /** Ends all keys. What waits in their lanes is left to the mailbox. */
  close(cause: ExitCause.ExitCause): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.isClosed = true
      this.passivation.stop()
      for (const key of this.endings.resting) key.fiber?.interruptUnsafe()
      const awake = Array.from(this.passivation.all())
      const all = [...awake, ...this.endings.resting, ...this.endings.quarantined, ...this.room.applicants]
      const leave = Effect.sync(() => {
        for (const { lane } of all) this.given.mailbox.leave(lane)
        this.host.endpoint.block.setKeys(this.given.handling.index, 0, 0)
      })
      return Effect.forEach(awake, (key) => this.endings.close(key, cause, Exit.void), {
        concurrency: closedTogether,
        discard: true
      }).pipe(Effect.andThen(leave))
    })
  }

  /** The message that waits first for a key, while this incarnation opens any. */
  private firstOf(lane: KeyLane<Key>): Delivery | undefined {
    return this.isClosed ? undefined : lane.waiting?.peek()
  }

  /** A message has come for a key that is quarantined: one of heddle's own ends that, any other is rejected. */
  private refuseOrLift(key: Key, first: Delivery): void {
    if (keyMessages.isKeyMessage(first.message)) return this.endings.lift(key)
    this.given.mailbox.shift(key.lane)?.reject(key.reason ?? new ActorError.Stopping())
  }

  private make(lane: KeyLane<Key>): Key {
    return lane.holder = new Key(this, lane)
  }

  private now(): monotonic.Moment {
    return monotonic.read(Context.get(this.given.context, Clock.Clock))
  }

  /** Something needs the key: a message, or the promise that it stays awake. */
  private isNeeded({ lane }: Key): boolean {
    return lane.size > 0 || (this.given.options.keepAlive && this.keeping.isNoted(lane.key))
  }

  private onResting(key: Key): void {
    if (this.isClosed) return
    if (key.state === "quarantined") this.want(key.lane)
    else if (this.isNeeded(key)) this.enter(key)
  }

  /** Opens a key that rests, as soon as its back-off is over and there is room. */
  private enter(key: Key): void {
    if (key.state !== "resting") return
    const restMillis = key.restsUntil === undefined ? 0 : key.restsUntil - this.now()
    if (restMillis > 0) return this.enterLater(key, restMillis)
    if (this.room.isFree) this.open(key)
    else this.room.apply(key)
  }

  private enterLater(key: Key, millis: number): void {
    if (key.fiber !== undefined) return
    const enter = Effect.sync(() => {
      key.fiber = undefined
      if (!this.isClosed && this.isNeeded(key)) this.enter(key)
    })
    key.fiber = this.run(Effect.andThen(Effect.sleep(millis), enter))
  }

  /** Rejects what waits for a key that can't be opened. */
  private refuse(key: Key, reason: ActorError.Reason): void {
    this.given.mailbox.rejectUntil(key.lane, reason, () => false)
    this.endings.leave(key)
  }

  private open(key: Key): void {
    const { lane } = key
    const typed = this.given.codec.decode(lane.key)
    if (typed instanceof CodecIssue) {
      const detail = `the key does not decode where the actor runs (${typed.text}). ${versionsDiffer}`
      return this.refuse(key, new ActorError.NotSendable({ handled: "no", detail }))
    }
    const builds = ++key.builds
    if (this.endings.isForgiven(key)) key.history = RestartPolicy.noFailures
    key.state = "opening"
    key.readyAt = key.restsUntil = undefined
    this.endings.resting.delete(key)
    this.passivation.enter(key)
    if (this.given.options.keepAlive) this.keeping.note(lane.key)
    this.endings.show()
    const scope = key.scope = Scope.makeUnsafe()
    const context = keyContext(this.given.context, scope, key.current(), lane.key)
    const builder = { actor: this.given.handling.index, isFirst: false, key: lane.key }
    const build = this.host.endpoint.building.by(builder, Effect.suspend(() => this.given.build(typed)))
    const fiber = Effect.runForkWith(context)(build)
    const isOpening = (): boolean => key.builds === builds && key.state === "opening"
    const done = (exit: Exit.Exit<unknown, unknown>): void => isOpening() ? this.built(key, exit, context) : undefined
    const atOnce = fiber.pollUnsafe()
    if (atOnce !== undefined) return done(atOnce)
    // The key may have failed from within, which waits now for its end.
    if (!isOpening()) return fiber.interruptUnsafe()
    key.fiber = fiber
    fiber.addObserver(done)
  }

  private built(key: Key, exit: Exit.Exit<unknown, unknown>, context: Context.Context<never>): void {
    const { lane } = key
    const name = named(this.actor, lane.key)
    key.fiber = undefined
    if (Exit.isFailure(exit)) return this.endings.fail(key, buildFailed(name, exit.cause))
    if (!isHandlers(exit.value)) {
      const problem = `${this.actor}.toLayer built ${name}, and that is no object of handlers`
      return this.endings.fail(key, buildFailed(name, Cause.die(new TypeError(problem))))
    }
    key.readyAt = this.now()
    key.dispatcher = new Dispatcher(this.given.handling, {
      mailbox: key,
      contexts: new HandlerContexts(this.actor, name, context, undefined),
      handlers: exit.value,
      key: lane.key,
      watcher: key
    })
    key.state = "open"
    this.given.mailbox.open(lane)
  }
}
