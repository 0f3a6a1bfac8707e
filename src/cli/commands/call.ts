/**
 * `heddle call` and `heddle tell`: a message for an actor of a running system.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import { Call, type Failed, failed, Tell } from "../../socket/request.ts"
import { columns, print, printable, printJson } from "./output.ts"
import { ask, type Flags, run } from "./target.ts"

/** What a message is for, as it is written. */
export interface CallFlags extends Flags {
  readonly message: string
  readonly payload: Option.Option<string>
  readonly timeout: Option.Option<string>
}

/** Asks an actor, and prints what it answers. */
export const call = (flags: CallFlags): Effect.Effect<never> =>
  run(
    answersOf(flags).pipe(
      Stream.runForEach((answer) =>
        flags.json || answer.isElement && typeof answer.value !== "string"
          ? printJson(answer.value ?? null)
          : print(`${"value" in answer ? shown(answer.value) : "done"}\n`)
      ),
      Effect.as(0),
      // A script reads the actor's own error where it reads the answer.
      Effect.tapError((error) =>
        flags.json && error._tag === "Failed" && error.kind === "declared"
          ? printJson({ error: error.error ?? error.message })
          : Effect.void
      )
    ),
    says
  )

/** The advice of an error is for programs; the command has a flag for it. */
const says = ({ message }: { readonly message: string }): string => message.replace("{ timeout }", "--timeout")

const answersOf = (flags: CallFlags) => Stream.unwrap(Effect.map(sentOf(flags), (sent) => ask(flags, Call, sent)))

/** Tells an actor. */
export const tell = (flags: CallFlags): Effect.Effect<never> =>
  run(
    Effect.flatMap(sentOf(flags), (sent) => Stream.runDrain(ask(flags, Tell, sent))).pipe(
      Effect.andThen(flags.json ? printJson({ accepted: true }) : print("accepted\n")),
      Effect.as(0)
    ),
    says
  )

/** A text as it is; anything else as JSON, over several lines if one would be too long. */
const shown = (value: unknown): string => {
  if (typeof value === "string") return printable(value)
  const line = JSON.stringify(value)
  return line.length <= columns() ? line : JSON.stringify(value, null, 2)
}

const written = /^([^.[]+)(?:\[(.*)\])?\.(.+)$/s

/** Reads what is written. */
const sentOf = Effect.fnUntraced(function*({ message, payload, timeout }: CallFlags) {
  const found = written.exec(message)
  if (found === null) {
    return yield* wrong(
      `"${message}" names no message of an actor; write Actor.Message, or 'Actor[key].Message' if it is keyed`
    )
  }
  const [, actor = "", key = null, tag = ""] = found
  return { actor, key, message: tag, timeoutMillis: yield* millisOf(timeout), ...(yield* payloadOf(payload)) }
})

const decodeDuration = Schema.decodeUnknownOption(Schema.DurationFromString)

/** A time-out from the command line in milliseconds; null for the actor's own. */
const millisOf = (timeout: Option.Option<string>): Effect.Effect<number | null, Failed> => {
  if (Option.isNone(timeout)) return Effect.succeed(null)
  const duration = decodeDuration(timeout.value)
  if (Option.isNone(duration)) {
    return wrong(`--timeout: "${timeout.value}" is no duration; write "30 seconds", for example`)
  }
  const millis = Duration.toMillis(duration.value)
  // JSON has no infinity; this is longer than any process lives.
  return Effect.succeed(Number.isFinite(millis) ? millis : Number.MAX_SAFE_INTEGER)
}

/** The payload, from the command line or, for `-`, from standard input. */
const payloadOf = (payload: Option.Option<string>): Effect.Effect<{ readonly payload?: unknown }, Failed> =>
  Effect.suspend(() => {
    if (Option.isNone(payload)) return Effect.succeed({})
    try {
      const text = payload.value === "-" ? readFileSync(0, "utf8") : payload.value
      const parsed: unknown = JSON.parse(text)
      return Effect.succeed({ payload: parsed })
    } catch (error) {
      return wrong(`the payload is not JSON: ${error instanceof Error ? error.message : String(error)}`)
    }
  })

const wrong = (problem: string): Effect.Effect<never, Failed> => Effect.fail(failed("wrong", problem))
