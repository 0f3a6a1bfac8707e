/**
 * Two threads that are none: their nodes, and links between them on which frames travel when the test says so.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Transferable from "effect/workers/Transferable"
import { Actor } from "heddle"
import type { MessageChannel } from "node:worker_threads"
import { ActorError } from "../../src/ActorError.ts"
import * as ExitCause from "../../src/ExitCause.ts"
import * as endpoint from "../../src/host/endpoint.ts"
import type * as mailbox from "../../src/host/mailbox.ts"
import type { DeadLetter } from "../../src/link/deadLetter.ts"
import type { Delivery } from "../../src/link/delivery.ts"
import { overPort } from "../../src/link/peer.ts"
import type { Waiter } from "../../src/loop/timeouts.ts"
import * as ledger from "../../src/shared/ledger.ts"
import * as remaining from "../../src/shared/remains.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"
import type { Frame } from "../../src/wire/frame.ts"
import type { Receiver, Wire } from "../../src/wire/transport.ts"
import { plain } from "../host/plainMailbox.ts"

export class Refused extends Schema.TaggedError<Refused>()("Refused", { why: Schema.String }) {}

export class Sink extends Actor.Service<Sink>()("Sink", [
  Rpc.make("Put", { payload: { n: Schema.Int }, success: Schema.Int, error: Refused }),
  Rpc.make("Numbers", { success: Schema.Int, error: Refused, stream: true }),
  Rpc.make("Move", { payload: { bytes: Transferable.Uint8Array }, success: Schema.Int }),
  Actor.idempotent(Rpc.make("Repeat", { payload: { n: Schema.Int }, success: Schema.Int })),
  Actor.idempotent(Rpc.make("MoveAgain", { payload: { bytes: Transferable.Uint8Array }, success: Schema.Int })),
  Rpc.make("Keep", { payload: { n: Schema.Int, bytes: Schema.Uint8Array }, success: Schema.Int }),
  Rpc.make("Whatever", { payload: { value: Schema.Any }, success: Schema.Any }),
  Rpc.make("Anything", { success: Schema.Any, stream: true })
]) {}

export class Drain extends Actor.Service<Drain>()("Drain", [Rpc.make("Put", { payload: { n: Schema.Int } })]) {}

/** A sender's thread without actors of its own, and one with two. */
const places = [{ thread: "sender", actors: [] }, { thread: "actors", actors: [Sink, Drain] }]

export const crash = ExitCause.Thrown.make({ name: "Error", message: "boom", stack: "" })

/** One direction of a link; frames wait until they are delivered. */
interface Line extends Wire {
  readonly deliver: (count?: number) => number
  /** Frames that have been posted so far. */
  readonly posted: ReadonlyArray<Frame>
}

const makeLine = (peer: () => Receiver): Line => {
  const waiting: Array<Frame> = []
  const posted: Array<Frame> = []
  const state = { closed: false }
  const deliver = (count = Infinity): number => {
    let delivered = 0
    while (delivered < count && !state.closed) {
      const frame = waiting.shift()
      if (frame === undefined) break
      delivered++
      peer().receive(frame)
    }
    return delivered
  }
  return {
    local: false,
    posted,
    deliver,
    post(frame) {
      // What crosses a thread is a copy.
      const copy = structuredClone(frame)
      waiting.push(copy)
      posted.push(copy)
    },
    drain: () => {},
    flush: () => {},
    close: () => {
      state.closed = true
    }
  }
}

export type Incarnation = ReturnType<World["start"]>
export type World = ReturnType<typeof make>

export const make = (options: Partial<mailbox.Options> = {}) => {
  const mailboxOptions: mailbox.Options = { capacity: 1000, overflow: "suspend", concurrency: 1, ...options }
  const deadLetters: Array<DeadLetter> = []
  const timers = new Set<{ readonly millis: number; readonly waiter: Waiter }>()

  const remains = remaining.allocate()
  const losses: Array<remaining.Loss> = []
  const ledgers: Array<SharedArrayBuffer> = []
  let onReport = (): void => {}
  const reportTo = <A>(all: Array<A>) => (...reported: ReadonlyArray<A>): void => {
    onReport()
    all.push(...reported)
  }

  const makeEndpoint = (self: string, memory: SharedArrayBuffer, deadLetters: Array<DeadLetter>): endpoint.Endpoint =>
    endpoint.make({
      places,
      self,
      block: memory,
      ...self === "sender" ? { remains } : {},
      onLost: (_sender, lost) => reportTo(losses)(...lost),
      after: (millis, waiter) => {
        const timer = { millis, waiter }
        timers.add(timer)
        return { giveUp: () => void timers.delete(timer) }
      },
      onDeadLetter: reportTo(deadLetters),
      // Its turns are made by hand.
      sliceMillis: Infinity
    })

  const senderMemory = statusBlock.allocate(0)
  const sender = makeEndpoint("sender", senderMemory, deadLetters)
  const context = Context.makeUnsafe<Sink | Drain>(sender.clients)
  let incarnations = 0

  /** Starts an incarnation of the other thread: linked by hand or over real ports, but not ready. */
  const start = (ports?: MessageChannel) => {
    const incarnation = ++incarnations
    const memory = statusBlock.allocate(2)
    const ownLetters: Array<DeadLetter> = []
    const receiver = makeEndpoint("actors", memory, ownLetters)
    const [forth, back] = [ledger.allocate(), ledger.allocate()]
    ledgers.push(forth)
    let toSender: Receiver | undefined
    let toReceiver: Receiver | undefined
    const there = makeLine(() => toReceiver ?? unlinked())
    const here = makeLine(() => toSender ?? unlinked())
    const senderWire: Wire = { ...there, drain: () => void here.deliver() }
    const receiverWire: Wire = { ...here, drain: () => void there.deliver() }
    sender.connect({
      peer: "actors",
      incarnation,
      connect: ports ? overPort(ports.port1) : (own) => {
        toSender = own
        return senderWire
      },
      sends: forth,
      receives: back,
      block: memory
    })
    receiver.connect({
      peer: "sender",
      incarnation: 1,
      connect: ports ? overPort(ports.port2) : (own) => {
        toReceiver = own
        return receiverWire
      },
      sends: back,
      receives: forth,
      block: senderMemory
    })
    const started: Array<Delivery> = []
    const box = (index: number): mailbox.Mailbox => plain(receiver.hosts[index]?.mailbox)
    for (const index of [0, 1]) {
      box(index).configure(mailboxOptions)
      receiver.block.setState(index, "running")
    }
    let ended = 0
    return {
      incarnation,
      node: receiver,
      block: receiver.block,
      deadLetters: ownLetters,
      there,
      here,
      mailbox: box(0),
      drainBox: box(1),
      /** Every delivery that was begun, in order. */
      started,
      /** Tells the sender that the actors take messages, and begins to hand them out. */
      ready(onBegin: (delivery: Delivery) => void = () => {}): void {
        for (const index of [0, 1]) {
          box(index).resume((delivery) => {
            started.push(delivery)
            onBegin(delivery)
          })
        }
        sender.ready("actors", incarnation, receiver.selfReady())
      },
      /** Lets everything that is on its way arrive, and what follows from it. */
      settle(): void {
        while (there.deliver() + here.deliver() > 0);
      },
      /** Answers the oldest message that is handled. */
      finish(value: unknown = undefined, position = ended++): void {
        started[position]?.end({ _tag: "Success", value })
        box(0).release()
      },
      /** The sender can't post any more what it has posted last. */
      unsendable: (frame: Frame) => toSender?.unsendable(frame, new Error("can't be cloned")),
      /** Closes what a link over real ports holds. */
      close: () => receiver.close(),
      /** The thread dies. */
      die(cause: ExitCause.ExitCause = crash): void {
        sender.lost("actors", incarnation, cause)
      }
    }
  }

  return {
    sender,
    deadLetters,
    timers,
    start,
    /** Calls `f` before each report of what was lost. */
    beforeReport(f: () => void): void {
      onReport = f
    },
    /** What receivers have reported of tells that never arrived. */
    losses,
    /** The tells that main would report if all threads were dead now. */
    left: (): number =>
      ledgers.flatMap(ledger.outstandingTells).length +
      remaining.read("sender", remains, places).reduce((sum, { count }) => sum + count, 0),
    sink: Context.get(context, Sink),
    drain: Context.get(context, Drain),
    /** Starts an incarnation that is ready. */
    boot(onBegin?: (delivery: Delivery) => void) {
      const incarnation = start()
      incarnation.ready(onBegin)
      return incarnation
    },
    /** The wait of the youngest timer is over. */
    fire(): void {
      const timer = Array.from(timers).at(-1)
      if (timer === undefined) throw new Error("nobody waits")
      timers.delete(timer)
      timer.waiter.onDue()
    }
  }
}

const unlinked = (): never => {
  throw new Error("not linked")
}

/** A call on its way, and what became of it. */
export interface Call {
  readonly interrupt: () => void
  /** `pending`, `value:...`, `error:...` of the actor's own, or `Reason/handled`. */
  readonly state: () => string
  readonly fiber: Fiber.Fiber<unknown, unknown>
}

export const call = (effect: Effect.Effect<unknown, unknown>): Call => {
  const fiber = Effect.runFork(effect)
  return { fiber, interrupt: () => fiber.interruptUnsafe(), state: () => say(fiber.pollUnsafe()) }
}

const say = (exit: Exit.Exit<unknown, unknown> | undefined): string => {
  if (exit === undefined) return "pending"
  if (Exit.isSuccess(exit)) return `value:${JSON.stringify(exit.value)}`
  const reason = exit.cause.reasons[0]
  if (reason?._tag === "Interrupt") return "interrupted"
  const error = reason?._tag === "Fail" ? reason.error : reason?.defect
  if (error instanceof ActorError) return `${error.reason._tag}/${error.reason.handled}`
  return error instanceof Refused ? `error:${error.why}` : `defect:${String(error)}`
}

/** The `n` of each delivery of a `Put`. */
export const numbers = (deliveries: ReadonlyArray<Delivery>): ReadonlyArray<unknown> =>
  deliveries.map(({ payload }) =>
    typeof payload === "object" && payload !== null && "n" in payload ? payload.n : payload
  )
