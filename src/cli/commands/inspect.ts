/**
 * `heddle inspect`: an actor, the messages that it handles, and the last that it has handled.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { formatPlace } from "../../base/whereabouts.ts"
import type { ActorView, CurrentMessage, HandledMessage } from "../../control/inspection.ts"
import * as ExitCause from "../../ExitCause.ts"
import { failed, Inspect } from "../../socket/request.ts"
import { columns, cut, duration, exact, print, printable, printJson, time } from "./output.ts"
import { ask, type Flags, run } from "./target.ts"
import { padEnd, padStart, width } from "./width.ts"

/** An actor, or one key of a keyed one. */
const written = /^([^[]+)\[(.*)\]$/s

/** Prints what is known of an actor, or of `Actor[key]`, for each of its instances. */
export const inspect = (name: string, flags: Flags): Effect.Effect<never> => {
  const [, actor = name, key] = written.exec(name) ?? []
  const show = (view: ActorView): Effect.Effect<void> =>
    flags.json ? printJson(view) : print(`${linesOf(view, columns(), key).map(printable).join("\n")}\n`)
  return run(Effect.gen(function*() {
    const views = yield* Stream.runCollect(ask(flags, Inspect, { actor }))
    if (key !== undefined && views.every(({ actor: { keys } }) => keys === undefined)) {
      return yield* Effect.fail(failed("wrong", `${actor} is not keyed: leave out [${key}]`))
    }
    const chosen = key === undefined ? views : concerned(views.map((view) => ofKey(view, key)))
    yield* Effect.forEach(chosen, show, { discard: true })
    return 0
  }))
}

/** What of a view concerns one key. Pure. */
const ofKey = ({ inspection, lastOfDeath, ...view }: ActorView, key: string): ActorView => {
  const isOf = (message: { readonly key: string | null }): boolean => message.key === key
  return {
    ...view,
    inspection: inspection === null ? null : {
      last: inspection.last.filter(isOf),
      failures: inspection.failures.filter(isOf),
      current: inspection.current.filter(isOf),
      kept: null
    },
    lastOfDeath: lastOfDeath.filter(isOf)
  }
}

/** Of several instances those that know of the key; all of them if none does. */
const concerned = (views: ReadonlyArray<ActorView>): ReadonlyArray<ActorView> => {
  const knowing = views.filter(({ inspection, lastOfDeath }) =>
    lastOfDeath.length + (inspection?.last.length ?? 0) + (inspection?.failures.length ?? 0) +
        (inspection?.current.length ?? 0) > 0
  )
  return knowing.length > 0 ? knowing : views
}

/** What is printed of an actor on one thread. Pure. */
export const linesOf = (view: ActorView, columns: number, key?: string): ReadonlyArray<string> => [
  ...heading(view, columns),
  ...section("NOW", (view.inspection?.current ?? []).map(current)),
  ...lastOf(view, columns, key === undefined ? "none" : `none of the last 20 of the actor is for "${key}"`),
  ...section("EARLIER FAILURES", tableOf(view.inspection?.failures ?? [], columns)),
  ...section("KEPT", view.inspection === null || view.inspection.kept === null ? [] : [view.inspection.kept]),
  ""
]

/** How the actor is, in a few lines. */
const heading = ({ actor, inspection, thread, where }: ActorView, columns: number): ReadonlyArray<string> => {
  const { failed, handled, incarnation, lastCause, mailboxDepth, restarts } = actor
  const isFailure = lastCause !== null && lastCause._tag !== "Requested"
  return [
    `${actor.name} on thread ${thread.name}: ${actor.state}`,
    `run ${incarnation}, restarts ${restarts}, mailbox ${mailboxDepth}, handled ${handled}, failed ${failed}`,
    ...(isFailure ? [cut(`last: ${ExitCause.format(lastCause)}`, columns)] : []),
    ...(inspection === null ? silence(thread.state, where) : [])
  ]
}

/** Why the thread says nothing, and where it is if it does not move. */
const silence = (state: string, { at, native, stack }: ActorView["where"]): ReadonlyArray<string> => {
  if (at === undefined) {
    const kind = native === true ? ", as in a synchronous native call" : ""
    return [state === "running" ? `its thread does not answer${kind}` : `its thread is ${state}`]
  }
  return [`its thread does not move, at ${formatPlace(at)}`, ...stack === undefined ? [] : [stack]]
}

/** The last messages: those of this life of the thread, else those before its actor died last. */
const lastOf = ({ inspection, lastOfDeath }: ActorView, columns: number, none: string): ReadonlyArray<string> => {
  const last = inspection?.last ?? []
  if (last.length > 0) return section("LAST MESSAGES", tableOf(last, columns))
  if (lastOfDeath.length > 0) return section("LAST MESSAGES, BEFORE IT DIED", tableOf(lastOfDeath, columns))
  return section("LAST MESSAGES", [none])
}

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", title, ...lines]

const current = ({ forMillis, key, message, sender, waitMillis }: CurrentMessage): string =>
  `${exact(nameOf(message, key))}  from ${exact(sender)}, for ${duration(forMillis)}, after ${
    duration(waitMillis)
  } in the mailbox`

/** A message, and the key that it was for. */
const nameOf = (message: string, key: string | null): string => key === null ? message : `[${key}].${message}`

const header = ["TIME", "MESSAGE", "FROM", "WAIT", "TOOK", "OUTCOME"] as const
/** The column of messages: with a key they may be as long as a key is. */
const named = 1
/** The columns of numbers, which end at the right. */
const numbers = new Set([3, 4])

/** Messages as a table, with payload and error of those that failed. */
const tableOf = (messages: ReadonlyArray<HandledMessage>, columns: number): ReadonlyArray<string> => {
  if (messages.length === 0) return []
  const rows = messages.map((message) => [
    time(message.atMillis).slice(11),
    exact(nameOf(message.message, message.key)),
    exact(message.sender),
    millis(message.waitMillis),
    millis(message.handleMillis),
    message.outcome
  ])
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => width(row[column] ?? ""))))
  const rest = columns - widths.reduce((sum, one, column) => column === named ? sum : sum + one + 2, 0)
  widths[named] = Math.min(widths[named] ?? 0, Math.max(leastNameWidth, rest))
  return [
    ...rowLines(header, widths),
    ...messages.flatMap(({ error, payload }, index) => [
      ...rowLines(rows[index] ?? [], widths),
      ...(payload === null ? [] : [`  payload: ${payload}`]),
      ...(error === null ? [] : [`  error: ${error}`])
    ])
  ]
}

const leastNameWidth = 12

/** A row; what stands behind a name that is too long has a line of its own. */
const rowLines = (cells: ReadonlyArray<string>, widths: ReadonlyArray<number>): ReadonlyArray<string> => {
  const [at = "", name = ""] = cells
  const isLong = width(name) > (widths[named] ?? 0)
  const line = cells.map((cell, column) => {
    const shown = isLong && column <= named ? "" : cell
    return numbers.has(column) ? padStart(shown, widths[column] ?? 0) : padEnd(shown, widths[column] ?? 0)
  }).join("  ").trimEnd()
  return isLong ? [`${at}  ${name}`, line] : [line]
}

/** Short times to a tenth of a millisecond. */
const millis = (value: number): string => value < 10 ? `${Math.max(0, value).toFixed(1)} ms` : duration(value)
