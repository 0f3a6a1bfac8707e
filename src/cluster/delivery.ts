/**
 * Delivers messages to the actors of this machine, under the lease of their place.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Call } from "../actor/clusterActor.ts"
import type { Answer } from "../actor/storageActor.ts"
import * as ActorError from "../ActorError.ts"
import type { Carried, Carrier } from "../link/courier.ts"
import type { Settlement } from "../link/outgoing.ts"
import { encodeReason } from "../link/reasons.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import * as stored from "../wire/stored.ts"
import { CodecIssue } from "../wire/translator.ts"
import * as places from "./places.ts"
import { NotHere } from "./wires.ts"

/**
 * Delivers a message, and completes with its answer; of a tell when it is accepted.
 *
 * **Details**
 * - `restMillis`: when its time is over, it is taken back, or its handler is interrupted: so it is with the fiber that delivers it.
 * - If the place is given up meanwhile, it fails with `NotHere` if it has not started: its sender looks for the next holder.
 */
export const deliver = (
  carrier: Carrier,
  lease: places.Lease,
  call: Call,
  restMillis: number | null
): Effect.Effect<Answer, NotHere> => {
  const read = stored.read(call.payload, stored.version)
  if (carrier.actors.get(call.actor)?.protocol.requests.has(call.message) !== true) {
    return Effect.succeed(failed(unknown(call)))
  }
  if (read instanceof CodecIssue) {
    return Exit.succeed(failed(new ActorError.NotSendable({ handled: "no", detail: `${read.text}.` })))
  }
  return Effect.callback((resume) => {
    let ended = (): void => {}
    let timer: NodeJS.Timeout | undefined
    let isOver = false
    const end = (exit: Exit.Exit<Answer, NotHere>): void => {
      if (isOver) return
      isOver = true
      ended()
      clearTimeout(timer)
      resume(exit)
    }
    if (lease.closing) return end(Exit.fail(new NotHere()))
    const takeBack = carrier.carry({
      ...carriedOf(call, read.value, lease),
      onSettled: (settlement) => end(Exit.succeed(answerOf(settlement))),
      onAccepted: () => call.discard ? end(Exit.succeed(accepted)) : undefined
    })
    if (takeBack === undefined) return end(Exit.succeed(failed(unknown(call))))
    if (isOver) return
    ended = places.begin(lease, {
      takeBack,
      onLeft: (handled) => end(handled === "no" ? Exit.fail(new NotHere()) : Exit.succeed(failed(left)))
    })
    if (restMillis !== null) timer = setTimeout(() => end(Exit.succeed(late(call, takeBack()))), restMillis)
    return Effect.sync(() => {
      if (!isOver) takeBack()
      isOver = true
      ended()
      clearTimeout(timer)
    })
  })
}

/** A message from another machine as the link takes it. */
const carriedOf = (
  call: Call,
  value: unknown,
  { fence }: places.Lease
): Omit<Carried, "onSettled" | "onAccepted"> => {
  const { actor, delivered, discard, headers, key, message, sender, span } = call
  return {
    kind: discard ? "tell" : "ask",
    actor,
    tag: message,
    key,
    value,
    span,
    envelope: [sender, headers ?? {}, delivered === null ? undefined : { ...delivered, fence }, fence]
  }
}

/** A settlement in bytes. An answer that can't be written says so: the message has run all the same. */
const answerOf = (settlement: Settlement): Answer => {
  if (settlement[0] === "undelivered") return failed(settlement[1])
  const [, , status, wire] = settlement
  const value = stored.write(wire)
  return value instanceof CodecIssue
    ? failed(new ActorError.NotSendable({ handled: "maybe", detail: `the actor's reply: ${value.text}.` }))
    : { status, value }
}

/** An answer that says why there is none. */
export const failed = (reason: ActorError.Reason): Answer => {
  const value = stored.write(encodeReason(false, reason).value)
  return { status: "failed", value: value instanceof CodecIssue ? new Uint8Array() : value }
}

const accepted: Answer = { status: "success", value: new Uint8Array() }

/** The place of a message was given up while its handler ran. */
const left = new ActorError.Unreachable({
  handled: "maybe",
  of: "cluster",
  why: "its machine gave the actor up while it handled the message"
})

const late = ({ timeoutMillis }: Call, handled: "no" | "maybe"): Answer =>
  failed(new ActorError.TimedOut({ handled, afterMillis: timeoutMillis ?? 0, cycle: [] }))

/** Machines of two versions run together: what only one of them has can't be delivered at the other. */
const unknown = ({ actor, message }: Call): ActorError.Reason =>
  new ActorError.Unreachable({
    handled: "no",
    of: "cluster",
    why: `its machine runs another version of the system, which has no ${actor}.${message}`
  })

/** The keys of an actor that are awake on this machine. An instance that does not answer in time is left out. */
export const awake = (carrier: Carrier, actor: string, millis: number): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(lists(carrier, { actor, tag: keyMessages.awake }, millis), (keys) => keys.map(String))

/** How the keys of an actor are on this machine, for `KeyView` to decode. */
export const keys = (carrier: Carrier, actor: string, millis: number): Effect.Effect<ReadonlyArray<unknown>> =>
  lists(carrier, { actor, tag: keyMessages.list }, millis)

/** Asks all instances of a keyed actor for a list. */
const lists = (carrier: Carrier, asked: Pick<Carried, "actor" | "tag">, millis: number) =>
  Effect.map(
    Effect.forEach(
      carrier.threadsOf(asked.actor),
      (thread) => ask(carrier, { ...asked, thread }, millis),
      { concurrency: "unbounded" }
    ),
    (settlements) => settlements.flatMap((settlement) => listOf(asked.tag, settlement))
  )

const listOf = (tag: string, settlement: Settlement | undefined): ReadonlyArray<unknown> => {
  if (settlement === undefined || settlement[0] === "undelivered" || settlement[2] !== "success") return []
  const list: unknown = keyMessages.codecs.get(tag)?.success.decode(settlement[3])
  return Array.isArray(list) ? list : []
}

/** Closes a key on this machine. False: it has not closed in time. */
export const stopKey = (carrier: Carrier, actor: string, key: string, millis: number): Effect.Effect<boolean> =>
  Effect.map(ask(carrier, { actor, tag: keyMessages.stop, key }, millis), (settlement) => settlement !== undefined)

/** Sends one of heddle's own messages to a keyed actor of this machine. */
const ask = (
  carrier: Carrier,
  { actor, key = "", tag, thread }: Pick<Carried, "actor" | "tag" | "thread"> & { readonly key?: string },
  millis: number
): Effect.Effect<Settlement | undefined> =>
  Effect.callback<Settlement | undefined>((resume) => {
    const encoded = keyMessages.codecs.get(tag)?.payload.encode(undefined)
    const takeBack = carrier.carry({
      kind: "ask",
      actor,
      tag,
      key,
      value: encoded instanceof CodecIssue ? undefined : encoded?.value,
      span: null,
      envelope: undefined,
      ...thread === undefined ? {} : { thread },
      onSettled: (settlement) => resume(Effect.succeed(settlement)),
      onAccepted: () => {}
    })
    if (takeBack === undefined) return resume(Effect.succeed(undefined))
    return Effect.sync(() => void takeBack())
  }).pipe(
    Effect.timeoutOption(millis),
    Effect.map((found) => found._tag === "Some" ? found.value : undefined)
  )
