/**
 * Where a thread is that does not move: its inspector interrupts it, and reads its calls from inside.
 *
 * ```text
 *   idle? ---> nothing: it waits for something, and does not hang
 *     | no
 *   ask ---> answered: the calls ---> name the places as in the sources
 *     |  ^
 *     |  +--- no answer, or it was between two calls: ask again, for as long as there is time
 *     +-----> no answer at all, as in a synchronous native call
 * ```
 *
 * The thread is not paused. That needs a debugger, which would have to learn of all scripts first: 50 times as slow, a burden to
 * what debugger there is, and a thread that stands still in one can't be terminated.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { availableParallelism, loadavg } from "node:os"
import type * as ExitCause from "../ExitCause.ts"
import { url } from "./inspecting.ts"
import * as sources from "./sources.ts"
import type * as threadInspector from "./threadInspector.ts"

/** As many calls as anybody reads. */
const mostCalls = 60

/** Runs in the thread, on top of what it is doing. */
const expression = `JSON.stringify(process.getBuiltinModule("node:util").getCallSites(${mostCalls}))`

const decodeResult = Schema.decodeUnknownOption(Schema.Struct({ result: Schema.Struct({ value: Schema.String }) }))

const decodeSites = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Array(Schema.Struct({
  functionName: Schema.String,
  scriptName: Schema.NullOr(Schema.String),
  lineNumber: Schema.Number,
  /** Its name before Node 24. */
  column: Schema.optional(Schema.Number),
  columnNumber: Schema.optional(Schema.Number)
}))))

/** How long a thread may take to answer. Only a synchronous native call keeps it from that, or the want of a processor. */
const usualMillis = 250
/** How much longer it may take on a machine that has more to do than it can. */
const overloadedMillis = 700
/** After this time it is asked again. */
const againMillis = 50
/** A thread whose loop has slept meanwhile waits for something. */
const idleMillis = 10

/** What has to be known of a thread. */
export interface Subject {
  /** Opens a session with its inspector; nothing if it has none, or may not be asked. */
  readonly open: () => threadInspector.ThreadSession | undefined
  /** How long its event loop has slept, in all. */
  readonly idleMillis: () => number
}

/**
 * Finds out where a thread is, and calls `found` once: within 300 ms or the caller's patience, unless the thread has to wait for a
 * processor. While an inspector listens it finds nothing, and leaves the thread to the person who debugs it.
 */
export const find = (
  subject: Subject,
  found: (where: ExitCause.Whereabouts) => void,
  patienceMillis = usualMillis
): void => {
  if (url() !== undefined) return found({})
  const sleptMillis = subject.idleMillis()
  const hasSlept = (): boolean => subject.idleMillis() > sleptMillis
  setTimeout(() => {
    if (hasSlept()) return found({})
    ask(subject.open, patienceMillis, (answer) => {
      // It has moved: it was somewhere, and did not hang there.
      if (hasSlept() || answer === undefined) return found({})
      if (answer === "silence") return found({ native: true })
      void sources.resolve(answer).then((places) => found(describe(places)), () => found({}))
    })
  }, idleMillis).unref()
}

const describe = (places: ReadonlyArray<ExitCause.Place>): ExitCause.Whereabouts => {
  const at = places.find(({ file }) => sources.isUsers(file)) ?? places[0]
  return at === undefined ? {} : { at, stack: sources.format(places) }
}

type Answer = ReadonlyArray<sources.Call> | "silence" | undefined

/** Asks a thread for its calls until it has some; nothing if it may not be asked, or has none. */
const ask = (open: Subject["open"], patienceMillis: number, done: (answer: Answer) => void): void => {
  const session = open()
  if (session === undefined) return done(undefined)
  const sinceMillis = performance.now()
  let isSilent = true
  let isOver = false

  const end = (answer: Answer): void => {
    isOver = true
    session.close()
    done(answer)
  }
  const onAnswer = (result: unknown): void => {
    isSilent = false
    const calls = callsOf(result)
    if (!isOver && calls.length > 0) end(calls)
  }
  const isPatient = (): boolean =>
    performance.now() - sinceMillis < patienceMillis + (isSilent && isOverloaded() ? overloadedMillis : 0)
  const post = (): void => {
    session.post("Runtime.evaluate", { expression, returnByValue: true, silent: true }, onAnswer)
    // What has arrived while main was blocked is taken in first.
    setTimeout(() => setImmediate(again), againMillis).unref()
  }
  const again = (): void => {
    if (isOver) return
    if (isPatient()) post()
    else end(isSilent ? "silence" : undefined)
  }
  post()
}

/** Whether more threads want a processor than there are: then one that says nothing may only have none. */
const isOverloaded = (): boolean => (loadavg()[0] ?? 0) > availableParallelism()

/** The calls that an inspector has answered with. */
const callsOf = (result: unknown): ReadonlyArray<sources.Call> =>
  Option.match(Option.flatMap(decodeResult(result), ({ result: { value } }) => decodeSites(value)), {
    onNone: () => [],
    // The first is what has been asked for.
    onSome: (sites) =>
      sites.slice(1).map(({ column, columnNumber, functionName, lineNumber, scriptName }) => ({
        name: functionName,
        url: scriptName ?? "",
        line: lineNumber,
        column: columnNumber ?? column ?? 1
      }))
  })
