/**
 * `heddle post-mortem`: what threads died of, and what they were doing.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { named } from "../../base/keyName.ts"
import * as ExitCause from "../../ExitCause.ts"
import { PostMortem } from "../../PostMortem.ts"
import { PostMortems } from "../../socket/request.ts"
import { text as logText } from "./logs.ts"
import { columns, cut, duration, megabytes, percent, print, printable, printJson, time } from "./output.ts"
import { ask, type Flags, run } from "./target.ts"

const encode = Schema.encodeSync(Schema.toCodecJson(PostMortem))

/** Prints a line for each death that is known, and all that is known of the last one. */
export const postMortem = (thread: string | null, flags: Flags): Effect.Effect<never> =>
  run(Effect.gen(function*() {
    const records = yield* Stream.runCollect(ask(flags, PostMortems, { thread }))
    if (flags.json) { for (const record of records) yield* printJson(encode(record)) }
    else yield* print(`${linesOf(records, columns()).map(printable).join("\n")}\n`)
    return 0
  }))

/** What is printed of deaths, the newest of which is described. Pure. */
export const linesOf = (records: ReadonlyArray<PostMortem>, columns: number): ReadonlyArray<string> => {
  const last = records.at(-1)
  if (last === undefined) return ["no thread has died unasked"]
  const list = records.length === 1
    ? []
    : [...section("DEATHS", records.flatMap((record) => summary(record, columns))), ""]
  return [...list.slice(1), ...describe(last)]
}

const summary = (record: PostMortem, columns: number): ReadonlyArray<string> => {
  const { atMillis, cause, incarnation, thread } = record
  const place = whereabouts(record)
  return [
    cut(`${thread} #${incarnation}: ${ExitCause.format(cause)}`, columns, `${time(atMillis)}  `),
    ...place === undefined ? [] : [`  at ${place}`]
  ]
}

const whereabouts = ({ cause }: PostMortem): string | undefined =>
  "at" in cause && cause.at !== undefined ? ExitCause.formatPlace(cause.at) : undefined

/** All that is known of a death. */
const describe = (record: PostMortem): ReadonlyArray<string> => {
  const { atMillis, cause, events, handling, incarnation, logs, mailboxes, thread, upMillis } = record
  const up = upMillis === null ? "before it was ready" : `${duration(upMillis)} after it was ready`
  const detail = ExitCause.detail(cause)
  return [
    `thread ${thread} #${incarnation} died at ${time(atMillis)}, ${up}`,
    ExitCause.format(cause),
    usage(record),
    ...section("STACK", detail === "" ? [] : [detail]),
    ...section(
      "HANDLING",
      handling.map(({ actor, ageMillis, key, message, sender }) =>
        `${named(actor, key)}.${message}  from ${sender === "" ? "nobody known" : sender}, for ${duration(ageMillis)}`
      )
    ),
    ...section("WAITING", mailboxes.filter(({ depth }) => depth > 0).map(({ actor, depth }) => `${actor}  ${depth}`)),
    ...section("LAST LOG RECORDS", logs.map(logText)),
    ...section("LAST EVENTS", events.map((event) => `${time(event.atMillis)}  ${event.text}`))
  ]
}

const usage = ({ cpuMillis, eventLoopUtilization, heapUsedBytes }: PostMortem): string =>
  `heap ${megabytes(heapUsedBytes)}, event loop ${percent(eventLoopUtilization)}` +
  (cpuMillis === null ? "" : `, CPU ${duration(cpuMillis)}`)

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", title, ...lines]
