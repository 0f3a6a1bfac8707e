/**
 * What runs inside an actor: what it knows of itself, work that belongs to it, and the value that outlives it.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as codec from "../wire/codec.ts"
import * as json from "../wire/json.ts"
import { CodecIssue, translatorOf } from "../wire/translator.ts"

/**
 * What an actor knows of itself, for its layer and its handlers.
 *
 * @since 0.1.0
 * @category services
 */
export class Current extends Context.Service<Current, {
  readonly actor: string
  readonly thread: string
  /** Which of the instances of its thread this is, from 0 on, and how many there are. The same after each restart. */
  readonly instance: { readonly index: number; readonly count: number }
  /** Of a keyed actor: the key as text, the JSON of what it encodes to unless that is a text already. */
  readonly key?: string | undefined
  /** Counts the builds of this actor, or of this key, on its present thread, from 1. */
  readonly incarnation: number
  /** Ends this incarnation of the actor as a failure. */
  readonly fail: (cause: Cause.Cause<unknown>, options: { readonly fatal: boolean }) => Effect.Effect<never>
  /** What the last incarnation left, still encoded, and how to leave a new value. */
  readonly kept: {
    readonly read: Effect.Effect<Option.Option<unknown>>
    readonly write: (encoded: unknown) => Effect.Effect<void>
    /** How the present value is shown to people; what is redacted in it is masked. */
    readonly show?: (show: () => string) => void
  }
}>()("heddle/Actor/Current") {}

/**
 * The name of the actor that sends a message, or of the thread whose program does (`"main"`): an annotation of the `client`
 * that middleware and the handlers behind it are given.
 *
 * **Example**
 *
 * ```ts
 * const sender = Context.get(client.annotations, Actor.Sender)
 * ```
 *
 * **Gotchas**
 * - It says which code sends, and proves nothing: threads of one process trust each other.
 *
 * @since 0.1.0
 * @category services
 */
export class Sender extends Context.Service<Sender, string>()("heddle/Actor/Sender") {}

/**
 * Says that trying again is pointless (a refused token, a bad configuration): the actor is not restarted.
 *
 * **Details**
 * - Counts as a spent budget at once: the thread's `onGiveUp` decides what follows.
 * - Never returns; call it from the layer, from a handler or from a fiber that the layer forked.
 *
 * @since 0.1.0
 * @category lifecycle
 */
export const fatal = (cause: unknown): Effect.Effect<never, never, Current> =>
  Effect.flatMap(Current, (current) => current.fail(Cause.die(cause), { fatal: true }))

/**
 * Runs long-lived work that belongs to the actor: when it fails or dies, the actor fails and is restarted.
 *
 * **Details**
 * - The fiber is interrupted when the actor ends. An effect that completes normally is just done.
 * - `Effect.forkScoped` differs: there a failure is lost with the fiber, and the actor goes on without its work.
 *
 * @since 0.1.0
 * @category lifecycle
 */
export const background = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<void, never, R | Current | Scope.Scope> =>
  Effect.flatMap(Current, (current) =>
    Effect.asVoid(Effect.forkScoped(
      Effect.catchCause(effect, (cause) =>
        Cause.hasInterruptsOnly(cause) ? Effect.void : current.fail(cause, { fatal: false }))
    )))

/**
 * A small value that an actor leaves to its next incarnation; the supervisor holds it across crashes.
 *
 * **Details**
 * - `previous`: what the last incarnation set last, if it still decodes; else none.
 * - `set` is cheap to call often, but each call is a message: keep the value small (a session, a cursor).
 * - Values come back as they were set, as those of messages do.
 *
 * **Gotchas**
 * - Held in memory: it ends with the system.
 *
 * @since 0.1.0
 * @category lifecycle
 */
export const kept = Effect.fnUntraced(function*<A, I>(schema: Schema.Codec<A, I>) {
  const current = yield* Current
  codec.checkSchema(`what ${current.actor} keeps`, schema)
  const translator = translatorOf(schema)
  const shown = json.shower(schema)
  const show = (value: A): void => current.kept.show?.(() => json.text(shown, value))
  const stored = yield* current.kept.read
  return {
    previous: Option.flatMap(stored, (encoded) => {
      const decoded = translator.decode(encoded)
      if (decoded instanceof CodecIssue) return Option.none()
      show(decoded)
      return Option.some(decoded)
    }),
    set: (value: A): Effect.Effect<void> =>
      Effect.suspend(() => {
        const encoded = translator.encode(value)
        show(value)
        return encoded instanceof CodecIssue
          ? Effect.die(new TypeError(`what ${current.actor} keeps does not match its schema (${encoded.text})`))
          : current.kept.write(encoded.value)
      })
  }
})
