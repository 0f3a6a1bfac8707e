/**
 * The client of a keyed actor: that of each key, and what is asked of all keys.
 *
 * ```text
 *   of("lobby").Say(...)     the key as text --> its place among the instances --> the method of that place, with the key
 *   awake                    each instance is asked
 * ```
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Actor from "../Actor.ts"
import { clusterActor } from "../actor/clusterActor.ts"
import * as ActorError from "../ActorError.ts"
import * as codec from "../wire/codec.ts"
import type { KeyCodec } from "../wire/key.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import { CodecIssue } from "../wire/translator.ts"
import { CallSites } from "./callSites.ts"
import { defaultTimeout, direct, failing, type Send, type Shared, simple, traced, undeclared } from "./client.ts"
import * as clusterCall from "./clusterCall.ts"
import type { Method, Target } from "./method.ts"
import { intercept } from "./middleware.ts"
import { intercepted } from "./middlewareCall.ts"
import { ask } from "./outgoingCall.ts"
import { placeOf } from "./rendezvous.ts"

/** How one message is sent to a key. */
type SendTo = (key: string | CodecIssue) => Send

/** Makes the client of a keyed actor. There is one target for each instance of its thread. `remote`: its keys are spread over machines. */
export const make = (
  actor: Actor.Any,
  keys: KeyCodec,
  targets: ReadonlyArray<Target>,
  shared: Shared,
  remote = false
) => {
  const { actorName } = actor
  const timeoutMillis = Duration.toMillis(actor.callTimeout ?? defaultTimeout)

  const common = { actor: actorName, timeoutMillis, after: shared.after, remote }
  const failed = (request: string, reason: ActorError.Reason, key?: string): ActorError.ActorError =>
    new ActorError.ActorError({ actor: actorName, request, reason, ...key === undefined ? {} : { key } })

  const sendTo = (message: codec.MessageCodec): SendTo => {
    const interceptor = intercept(actorName, actor.protocol.requests.get(message.tag), shared.origin)
    const sites = new CallSites()
    const isSimple = !remote && interceptor === undefined && !message.stream && message.durable === undefined
    return (key) => {
      if (key instanceof CodecIssue) return failing(message, failed(message.tag, unlikeKey(key)))
      const target = targets[placeOf(key, targets.length)]
      if (target === undefined) return failing(message, failed(message.tag, undeclared(shared), key))
      const method = new KeyMethod(common, message, target, sites, key)
      if (isSimple) return simple(method)
      const send = interceptor === undefined ? direct(method, shared.origin) : intercepted(method, interceptor)
      return message.stream ? send : traced(send, sites)
    }
  }

  const all = new Map(Array.from(codec.make(actor.protocol.requests), ([tag, message]) => [tag, sendTo(message)]))
  const KeyClient = clientOfKey(all)

  /** Sends one of heddle's own messages to a key. */
  const order = (tag: string, fallback: Duration.Input | undefined) => {
    const message = keyMessages.codecs.get(tag)
    const send = message && sendTo(message)
    return (key: unknown, options?: Actor.StreamOptions): unknown =>
      send?.(keys.encode(key))(undefined, { timeout: options?.timeout ?? fallback })
  }

  /** Asks all instances one of heddle's own messages, and puts their lists together. */
  const askAll = (tag: string): Effect.Effect<ReadonlyArray<unknown>, unknown> => {
    const message = keyMessages.codecs.get(tag)
    if (targets.length === 0 || message === undefined) return Effect.fail(failed(tag, undeclared(shared)))
    const askAt = (target: Target) =>
      Effect.exit(ask(new KeyMethod(common, message, target, new CallSites(), undefined), undefined, timeoutMillis))
    return Effect.flatMap(Effect.forEach(targets, askAt, { concurrency: "unbounded" }), (exits) => {
      // An instance that won't come back by itself has no keys; if that is so of all of them, there is nobody to ask.
      const heard = exits.filter((exit) => Exit.isSuccess(exit) || !isNotRunning(exit.cause))
      return Effect.map(
        Effect.all(heard.length === 0 ? exits : heard),
        (lists) => lists.flatMap((list): ReadonlyArray<unknown> => Array.isArray(list) ? list : [])
      )
    })
  }

  const anywhere = remote ? onMachines(shared, actorName, timeoutMillis, failed) : undefined

  return {
    of: (key: unknown): object => new KeyClient(keys.encode(key)),
    awake: Effect.map(
      anywhere?.awake ?? askAll(keyMessages.awake),
      (texts) => texts.map((text) => keys.decode(String(text)))
    ),
    /** For the command: all keys of which anything is known, and how they are. */
    "~keys": anywhere?.list ?? askAll(keyMessages.list),
    wake: order(keyMessages.wake, undefined),
    stop: order(keyMessages.stop, "Infinity")
  }
}

/** Asks for the keys of an actor on all machines: those that are awake, and how all are. */
const onMachines = (
  shared: Shared,
  actor: string,
  timeoutMillis: number,
  failed: (request: string, reason: ActorError.Reason) => ActorError.ActorError
) => {
  const cluster = Effect.sync(() => Context.getUnsafe(shared.origin.clients(), clusterActor()))
  const timeout = { timeout: Duration.millis(timeoutMillis) }
  return {
    awake: Effect.flatMap(cluster, ({ Awake }) => Awake({ actor }, timeout)).pipe(
      Effect.mapError((error) => failed(keyMessages.awake, clusterCall.reasonOf(error)))
    ),
    list: Effect.flatMap(cluster, ({ Keys }) => Keys({ actor }, timeout)).pipe(
      Effect.mapBoth({
        onFailure: (error) => failed(keyMessages.list, clusterCall.reasonOf(error)),
        onSuccess: ({ keys, missing }): ReadonlyArray<unknown> => [...keys, ...missing]
      })
    )
  }
}

/** A method of the client of a key. A class, because one is made for each message that is sent. */
class KeyMethod implements Method {
  readonly actor: string
  readonly message: codec.MessageCodec
  readonly target: Target
  readonly timeoutMillis: number
  readonly after: Method["after"]
  readonly remote: boolean
  readonly key: string | undefined
  readonly sites: CallSites

  constructor(
    { actor, after, remote, timeoutMillis }: Pick<Method, "actor" | "timeoutMillis" | "after"> & {
      readonly remote: boolean
    },
    message: codec.MessageCodec,
    target: Target,
    sites: CallSites,
    key: string | undefined
  ) {
    this.actor = actor
    this.message = message
    this.target = target
    this.timeoutMillis = timeoutMillis
    this.after = after
    this.remote = remote
    this.sites = sites
    this.key = key
  }

  failure(reason: ActorError.Reason): ActorError.ActorError {
    const { actor, key, message: { tag: request }, target } = this
    // What a thread that runs says of a key is about that key alone.
    const isGone = key !== undefined && reason._tag === "NotRunning" && !target.outbox.isRunning(target.actor)
    const known = isGone ? ofInstance(reason) : reason
    return new ActorError.ActorError({ actor, request, reason: known, ...key === undefined ? {} : { key } })
  }
}

/** Makes the class of the clients of keys: a getter for each message, so that a client costs as much as its key. */
const clientOfKey = (messages: ReadonlyMap<string, SendTo>) => {
  class KeyClient {
    readonly #key: string | CodecIssue
    constructor(key: string | CodecIssue) {
      this.#key = key
    }
    static send(client: KeyClient, to: SendTo): Send {
      return to(client.#key)
    }
  }
  for (const [tag, to] of messages) {
    Object.defineProperty(KeyClient.prototype, tag, {
      enumerable: true,
      get(this: KeyClient) {
        return KeyClient.send(this, to)
      }
    })
  }
  return KeyClient
}

const isNotRunning = (cause: Cause.Cause<unknown>): boolean => {
  const error = Cause.squash(cause)
  return ActorError.isActorError(error) && error.reason._tag === "NotRunning"
}

/** A key lives on one thread, of one or several instances, and is nowhere else while that is gone: two senders might not agree where. */
const ofInstance = ({ known, why }: ActorError.NotRunning): ActorError.NotRunning =>
  new ActorError.NotRunning({ why: `${why}, and its keys live nowhere else`, known })

/** The sender's own mistake. */
const unlikeKey = ({ text }: CodecIssue): ActorError.Reason =>
  new ActorError.NotSendable({ handled: "no", detail: `the key does not match its schema (${text}).` })
