/** Sends one message and writes down what its sender sees of it. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { ActorError } from "heddle"
import { write } from "./evidence.ts"
import type { Calm, Courier, Errand, Loose, Many, Name, Refused, Solo, Strict } from "./Subject.ts"
import * as Subject from "./Subject.ts"

type Failure = Refused | ActorError.ActorError
export type Client = typeof Calm.Service
export type Clients = Readonly<Record<Name, Client>>

/** The clients of all actors. */
export const clients: Effect.Effect<Clients, never, Calm | Solo | Many | Strict | Loose | Courier> = Effect.gen(
  function*() {
    return {
      Calm: yield* Subject.Calm,
      Solo: yield* Subject.Solo,
      Many: yield* Subject.Many,
      Strict: yield* Subject.Strict,
      Loose: yield* Subject.Loose,
      Courier: yield* Subject.Courier
    }
  }
)

/** The outcome in one word. */
const outcome = (exit: Exit.Exit<Option.Option<unknown>, Failure>, expected: unknown): string => {
  if (Exit.isSuccess(exit)) {
    return Option.isNone(exit.value)
      ? "left"
      : exit.value.value === expected
      ? "ok"
      : `wrong:${String(exit.value.value)}`
  }
  const error = Exit.findErrorOption(exit)
  if (Option.isNone(error)) return Exit.hasInterrupts(exit) ? "left" : `died:${String(exit.cause)}`
  return error.value instanceof ActorError.ActorError
    ? `${error.value.reason._tag}:${error.value.reason.handled}`
    : `refused:${error.value.id}`
}

/** Watches a message from its sending to its end. */
export const watched = (
  message: {
    readonly from: string
    readonly to: Name
    readonly id: string
    readonly mode: string
    readonly how: string
  },
  limits: { readonly timeoutMillis: number; readonly leaveMillis: number },
  expected: unknown,
  send: Effect.Effect<unknown, Failure>
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { from, how, id, mode, to } = message
    const began = yield* Clock.monotonicTimeNanos
    const sending = Effect.suspend(() => {
      write("sent", from, to, id, mode, how, String(limits.timeoutMillis))
      return send
    })
    const limited = limits.leaveMillis > 0
      ? Effect.timeoutOption(sending, limits.leaveMillis)
      : Effect.asSome(sending)
    yield* Effect.onExit(
      limited,
      (exit) =>
        Effect.map(Clock.monotonicTimeNanos, (now) => {
          const millis = Duration.toMillis(Duration.nanos(now - began))
          write("got", from, id, outcome(exit, expected), String(Math.round(millis)))
        })
    ).pipe(Effect.exit)
  })

/** Sends a message as `tag`. */
export const run = (from: string, clients: Clients, tag: "Do" | "Pass", errand: Errand): Effect.Effect<void> => {
  const { how, id, leaveMillis, millis, mode, timeoutMillis, to } = errand
  const send = clients[to][tag]
  const payload = { id, how, millis }
  return watched(
    { from, to, id, mode, how },
    { timeoutMillis, leaveMillis },
    mode === "tell" ? undefined : id,
    mode === "tell"
      ? send(payload, { discard: true, timeout: timeoutMillis })
      : send(payload, { timeout: timeoutMillis })
  )
}
