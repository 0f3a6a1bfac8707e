/**
 * `heddle dead-letters`, `heddle repeat`, `heddle drop`: durable messages whose retries are spent.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { named } from "../../base/keyName.ts"
import {
  DeadLetters,
  type Definition,
  DropDeadLetters,
  failed,
  type LetterView,
  RepeatDeadLetters
} from "../../socket/request.ts"
import { columns, cut, print, printable, printJson, time } from "./output.ts"
import { ask, type Flags, run } from "./target.ts"

/** Prints the latest dead letters. */
export const deadLetters = (
  flags: Flags & { readonly actor: Option.Option<string>; readonly limit: number }
): Effect.Effect<never> =>
  run(Effect.gen(function*() {
    const actor = Option.getOrNull(flags.actor)
    if (flags.limit < 1) return yield* Effect.fail(failed("wrong", `--limit: ${flags.limit} is not 1 or more`))
    const letters = yield* Stream.runCollect(ask(flags, DeadLetters, { actor, limit: flags.limit }))
    if (flags.json) yield* Effect.forEach(letters, printJson)
    else if (letters.length === 0) yield* print("no dead letters\n")
    else yield* print(letters.map((letter) => `${linesOf(letter).join("\n")}\n`).join(""))
    return 0
  }))

/** A dead letter: which and when, what it said, and why it does not run. */
const linesOf = (letter: LetterView): ReadonlyArray<string> => {
  const { actor, endedAtMillis, failures, id, key, message, number, payload, sender, why } = letter
  const name = `${named(actor, key === "" ? undefined : key)}.${message}`
  const times = failures === 1 ? "1 failure" : `${failures} failures`
  return [
    `${number}  ${time(endedAtMillis)}  ${name} from ${sender}, ${times}`,
    cut(`id ${id}${payload === undefined ? "" : `  ${JSON.stringify(payload)}`}`, columns(), "    "),
    cut(why, columns(), "    ")
  ].map(printable)
}

/** Which dead letters are meant, as it is written. */
export interface SelectionFlags extends Flags {
  readonly numbers: ReadonlyArray<number>
  readonly actor: Option.Option<string>
  readonly all: boolean
}

/** Has dead letters run again. */
export const repeat = (flags: SelectionFlags): Effect.Effect<never> => change(flags, RepeatDeadLetters, "run again")

/** Forgets dead letters. */
export const drop = (flags: SelectionFlags): Effect.Effect<never> => change(flags, DropDeadLetters, "dropped")

/** Repeats or drops dead letters, and prints how many. */
const change = (
  flags: SelectionFlags,
  definition: Definition<typeof RepeatDeadLetters.payload.Type, { readonly count: number }>,
  what: string
): Effect.Effect<never> =>
  run(Effect.gen(function*() {
    const { all, numbers } = flags
    const actor = Option.getOrNull(flags.actor)
    if (numbers.length === 0 && actor === null && !all) {
      return yield* Effect.fail(failed("wrong", "which dead letters? Write their numbers, --actor NAME, or --all"))
    }
    const selection = { actor, numbers: numbers.length === 0 ? null : numbers }
    yield* Stream.runForEach(
      ask(flags, definition, selection),
      ({ count }) => flags.json ? printJson({ count }) : print(`${count} ${what}\n`)
    )
    return 0
  }))
