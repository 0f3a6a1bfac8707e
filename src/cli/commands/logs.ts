/**
 * `heddle logs`: what the threads of a running system have logged, and what they log.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { LogLine } from "../../PostMortem.ts"
import { Logs } from "../../socket/request.ts"
import { print, printable, printJson, time } from "./output.ts"
import { ask, type Flags, run } from "./target.ts"

/** Prints the records that are kept, of one thread or all, and those to come if `follow` is set. */
export const logs = (thread: string | null, flags: Flags & { readonly follow: boolean }): Effect.Effect<never> =>
  run(
    Stream.runForEach(
      ask(flags, Logs, { thread, follow: flags.follow }),
      (line) => flags.json ? printJson(line) : print(`${printable(text(line))}\n`)
    ).pipe(Effect.as(0))
  )

/** A record as the log of a terminal has it. */
export const text = ({ actor, annotations, level, message, stack, thread, time: at }: LogLine): string => {
  const where = actor === undefined ? thread : `${thread}/${actor}`
  const notes = typeof annotations === "object" && annotations !== null ? Object.entries(annotations) : []
  const line = [
    `${time(Date.parse(at))} ${level.padEnd(6)} ${where} `,
    message.trimEnd(),
    ...notes.map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
  ].join(" ")
  return stack === undefined ? line : `${line}\n${stack}`
}
