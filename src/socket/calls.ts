/**
 * Messages to actors that come from outside the process, as JSON.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import { named } from "../base/keyName.ts"
import * as ExitCause from "../ExitCause.ts"
import * as json from "../wire/json.ts"
import type { KeyCodec } from "../wire/key.ts"
import { CodecIssue } from "../wire/translator.ts"
import { type Failed, failed } from "./request.ts"

/** The actors that can be reached, and their clients by their keys. */
export interface Reachable {
  readonly topology: {
    readonly threads: ReadonlyArray<{
      readonly name: string
      readonly group: { readonly name: string }
      readonly actors: ReadonlyArray<{ readonly actor: Actor.Any }>
    }>
  }
  readonly running: { readonly services: Context.Context<never> }
}

/** A message and what it is for. */
export interface Sent {
  readonly actor: string
  readonly key: string | null
  readonly message: string
  readonly payload?: unknown
  readonly timeoutMillis: number | null
}

/** A message that can be sent. */
interface Ready {
  readonly name: string
  readonly codec: json.JsonCodec
  readonly send: (options: { readonly discard?: boolean }) => unknown
}

/** Asks an actor. Each element of a stream is an answer; leaving interrupts what the actor does. */
export const ask = (operated: Reachable, sent: Sent) =>
  Stream.unwrap(Effect.map(prepare(operated, sent), ({ codec, name, send }) => {
    const result = send({})
    return answersOf(result).pipe(
      Stream.catchCause((cause) => Stream.fail(failureOf(name, codec, cause))),
      Stream.mapEffect((value) => {
        const shown = codec.showSuccess(value)
        if (shown instanceof CodecIssue) {
          return Effect.fail(failed("maybe", `${name} was handled, but its answer can't be shown: ${shown.text}`))
        }
        return Effect.succeed({
          isElement: codec.isStream,
          ...("json" in shown ? { value: shown.json } : {})
        })
      })
    )
  }))

/** Tells an actor. Completes when the message is accepted. */
export const tell = (operated: Reachable, sent: Sent): Effect.Effect<{}, Failed> =>
  Effect.flatMap(prepare(operated, sent), ({ codec, name, send }) =>
    codec.isStream
      ? Effect.fail(failed("wrong", `${name} is a stream, which can only be called: heddle call`))
      : Stream.runDrain(answersOf(send({ discard: true }))).pipe(
        Effect.as({}),
        Effect.catchCause((cause) => Effect.fail(failureOf(name, codec, cause)))
      ))

/** Finds the actor that is meant. */
export const actorOf = ({ topology }: Reachable, sent: Pick<Sent, "actor">): Effect.Effect<Actor.Any, Failed> => {
  const actors = topology.threads.flatMap(({ actors }) => actors.map(({ actor }) => actor))
  const actor = actors.find(({ actorName }) => actorName === sent.actor)
  if (actor !== undefined) return Effect.succeed(actor)
  return Effect.fail(unknownActor(topology, sent.actor))
}

/** The failure of a name that no actor has. */
export const unknownActor = ({ threads }: Reachable["topology"], name: string): Failed => {
  const known = new Set(threads.flatMap(({ actors }) => actors.map(({ actor }) => actor.actorName)))
  const isThread = threads.some(({ group, name: thread }) => name === thread || name === group.name)
  const hint = isThread ? `; "${name}" is a thread` : ""
  return failed("wrong", `no actor is named "${name}"${hint}; the actors are ${[...known].join(", ")}`)
}

/** Finds the client of the actor, or that of its key. */
const clientOf = (services: Context.Context<never>, { actorName, key, keys }: Actor.Any, sent: Sent) => {
  const client: unknown = services.mapUnsafe.get(key)
  if (keys === undefined) {
    if (sent.key === null) return Effect.succeed(client)
    return Effect.fail(failed("wrong", `${actorName} is not keyed: leave out [${sent.key}]`))
  }
  if (sent.key === null) {
    const written = `'${actorName}[key].${sent.message}'`
    return Effect.fail(failed("wrong", `${actorName} is keyed: write ${written} with the key that the message is for`))
  }
  const of = methodOf(client, "of")
  return Effect.map(keyOf(actorName, keys, sent.key), (typed) => of?.(typed))
}

/** Reads a key as a person has written it. */
export const keyOf = (actor: string, keys: KeyCodec, text: string): Effect.Effect<unknown, Failed> => {
  const typed = keys.read(text)
  return typed instanceof CodecIssue
    ? Effect.fail(failed("wrong", `the key of ${named(actor, text)} does not match its schema: ${typed.text}`))
    : Effect.succeed(typed)
}

/** Finds the actor and its message, and reads the key and the payload. */
const prepare = Effect.fnUntraced(function*(operated: Reachable, sent: Sent): Effect.fn.Return<Ready, Failed> {
  const actor = yield* actorOf(operated, sent)
  const rpc = actor.protocol.requests.get(sent.message)
  const codec = rpc && json.make(rpc)
  if (codec === undefined) {
    const known = Array.from(actor.protocol.requests.keys()).join(", ")
    return yield* Effect.fail(
      failed("wrong", `${sent.actor} has no message "${sent.message}"; its messages are ${known}`)
    )
  }
  const method = methodOf(yield* clientOf(operated.running.services, actor, sent), sent.message)
  const name = `${named(sent.actor, sent.key ?? undefined)}.${sent.message}`
  if (method === undefined) return yield* Effect.die(new TypeError(`the client of ${name} has no such method`))
  const payload = codec.payload(sent.payload)
  if (payload instanceof CodecIssue) {
    return yield* Effect.fail(failed("wrong", `the payload of ${name} does not match its schema: ${payload.text}`))
  }
  const timeout = sent.timeoutMillis === null ? {} : { timeout: sent.timeoutMillis }
  return { name, codec, send: (options) => method(payload.value, { ...timeout, ...options }) }
})

type Method = (payload: unknown, options?: Actor.CallOptions<boolean>) => unknown

/** A method of a client, whose type only the program knows. */
const methodOf = (client: unknown, name: string): Method | undefined => {
  const method: unknown = typeof client === "object" && client !== null ? Reflect.get(client, name) : undefined
  return typeof method === "function"
    ? (payload, options) => Reflect.apply(method, client, [payload, options])
    : undefined
}

/** What a method has returned: of a stream, its elements. */
const answersOf = (value: unknown): Stream.Stream<unknown, unknown> => {
  // What a guard finds out has lost the types of its content, which are those of the protocol.
  if (Stream.isStream(value)) return value as Stream.Stream<unknown, unknown>
  if (Effect.isEffect(value)) return Stream.fromEffect(value as Effect.Effect<unknown, unknown>)
  return Stream.die(new TypeError("a client has returned neither an Effect nor a Stream"))
}

/** What a failed message is to the command. */
const failureOf = (name: string, codec: json.JsonCodec, cause: Cause.Cause<unknown>): Failed => {
  const reason = cause.reasons.find(Cause.isFailReason)
  if (reason === undefined) return failed("maybe", `${name} failed: ${ExitCause.describeCause(cause).message}`)
  const { error } = reason
  if (ActorError.isActorError(error)) {
    return failed(error.reason.handled === "no" ? "unhandled" : "maybe", error.message)
  }
  const shown = codec.showError(error)
  const { message, name: kind } = ExitCause.describe(error)
  if (shown instanceof CodecIssue || !("json" in shown)) {
    return failed("declared", `${name} failed: ${kind}: ${message}`)
  }
  return failed("declared", `${name} failed: ${JSON.stringify(shown.json)}`, shown.json)
}
