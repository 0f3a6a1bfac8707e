/**
 * What threads log, what they died of, and what they do: requests that no actor takes part in.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Readable } from "node:stream"
import type { Whereabouts } from "../base/whereabouts.ts"
import { mainThread, type ThreadSpec } from "../control/topology.ts"
import type { Thread } from "../main/thread.ts"
import type { Cursor } from "../main/threadLogs.ts"
import type { LogLine } from "../PostMortem.ts"
import { UnknownThread } from "../SystemError.ts"
import { unknownActor } from "./calls.ts"
import type { Operated } from "./operated.ts"
import * as request from "./request.ts"

/** How often somebody who follows the logs gets new records. */
const everyMillis = 200

/** Records of logs: those that are kept, then those to come until the system has ended. */
export const logs = (operated: Operated): request.Answering =>
  request.answering(request.Logs, ({ follow, thread }) => {
    const { ended, supervisor } = operated.running
    const cursor: Cursor = new WeakMap()
    const read = Effect.sync(() => supervisor.readLogs(cursor))
    return Stream.unwrap(Effect.map(named(operated, thread, [mainThread]), (names) => {
      const ofThreads = (lines: ReadonlyArray<LogLine>) =>
        names === undefined ? lines : lines.filter((line) => names.has(line.thread))
      const kept = Stream.fromIterableEffect(Effect.map(read, ofThreads))
      if (!follow) return kept
      const later = Stream.fromEffectRepeat(Effect.map(Effect.delay(read, everyMillis), ofThreads))
      // What was logged right before the end is there after it.
      const last = Stream.fromIterableEffect(Effect.map(read, ofThreads))
      return Stream.concat(kept, Stream.flatMap(Stream.interruptWhen(later, ended), Stream.fromIterable)).pipe(
        Stream.concat(last)
      )
    }))
  })

/** The records of deaths, the newest last. */
export const postMortems = (operated: Operated): request.Answering =>
  request.answering(
    request.PostMortems,
    ({ thread }) =>
      Stream.unwrap(Effect.map(named(operated, thread), (names) =>
        Stream.fromIterableEffect(Effect.map(
          operated.running.supervisor.system.postMortems,
          (records) => records.filter((record) => names === undefined || names.has(record.thread))
        ))))
  )

/** The names of the threads that are meant, undefined for all; a declaration of several instances means all of them. */
const named = (
  { topology: { threads } }: Operated,
  name: string | null,
  others: ReadonlyArray<string> = []
): Effect.Effect<ReadonlySet<string> | undefined, request.Failed> => {
  if (name === null) return Effect.succeed(undefined)
  const found = [...others.filter((other) => other === name), ...specsOf(threads, name).map((spec) => spec.name)]
  return found.length > 0 ? Effect.succeed(new Set(found)) : unknown(threads, name, others)
}

const specsOf = (threads: ReadonlyArray<ThreadSpec>, name: string): ReadonlyArray<ThreadSpec> => {
  const own = threads.filter((spec) => spec.name === name)
  return own.length > 0 ? own : threads.filter(({ group }) => group.name === name)
}

const unknown = (
  threads: ReadonlyArray<ThreadSpec>,
  name: string,
  others: ReadonlyArray<string> = []
): Effect.Effect<never, request.Failed> => {
  const known = [...others, ...threads.map((thread) => thread.name)]
  return Effect.fail(request.failed("wrong", new UnknownThread({ name, known }).message))
}

/** The incarnation of the one thread that is meant. */
const one = (
  { running: { supervisor }, topology: { threads } }: Operated,
  name: string
): Effect.Effect<Thread, request.Failed> => {
  const specs = specsOf(threads, name)
  const [first, second] = specs
  if (first === undefined) return unknown(threads, name)
  if (second !== undefined) {
    const choices = specs.map((spec) => spec.name).join(", ")
    return Effect.fail(request.failed("wrong", `"${name}" has ${specs.length} instances; choose one of ${choices}`))
  }
  const thread = supervisor.threadOf(first.name)
  return thread === undefined
    ? Effect.fail(request.failed("refused", `thread "${first.name}" does not run`))
    : Effect.succeed(thread)
}

/** An actor on each thread that hosts it. */
export const inspect = (operated: Operated): request.Answering =>
  request.answering(
    request.Inspect,
    ({ actor: name }) =>
      Stream.unwrap(Effect.map(operated.running.supervisor.system.threads, (threads) => {
        const hosting = threads.flatMap((thread) =>
          thread.actors.filter((actor) => actor.name === name).map((actor) => ({ actor, thread }))
        )
        if (hosting.length === 0) return Stream.fail(unknownActor(operated.topology, name))
        return Stream.mapEffect(
          Stream.fromIterable(hosting),
          ({ actor, thread: { name: thread, state } }) =>
            Effect.map(
              inspected(operated, thread, name),
              (known) => ({ thread: { name: thread, state }, actor, ...known })
            ),
          { concurrency: "unbounded" }
        )
      }))
  )

/** What a thread says of an actor, or where it is if it says nothing. */
const inspected = Effect.fnUntraced(function*(
  { running: { supervisor } }: Operated,
  thread: string,
  actor: string
) {
  const { atDeath, now } = yield* Effect.promise(() => supervisor.inspect(thread, actor))
  const alive = now === undefined ? supervisor.threadOf(thread) : undefined
  const where = alive === undefined
    ? {}
    : yield* Effect.callback<Whereabouts>((resume) => alive.find((where) => resume(Effect.succeed(where))))
  return { inspection: now ?? null, where, lastOfDeath: atDeath }
})

/** How much of a file is sent in a line. */
const chunkLength = 256 * 1024

/** A CPU profile of a thread. */
export const profile = (operated: Operated): request.Answering =>
  request.answering(request.Profile, ({ millis, thread: name }) =>
    Stream.unwrap(Effect.gen(function*() {
      const thread = yield* one(operated, name)
      const text = yield* Effect.tryPromise({
        try: (signal) => thread.profile(millis, signal),
        catch: (error) => request.failed("refused", `thread "${name}" has no profile: ${messageOf(error)}`)
      })
      return Stream.fromIterable(
        Array.from({ length: Math.ceil(text.length / chunkLength) }, (_, index) => ({
          text: text.slice(index * chunkLength, (index + 1) * chunkLength)
        }))
      )
    })))

/** How long the snapshot of a heap may take to begin. The thread stands still meanwhile, longer the larger its heap is. */
const heapPatience = "1 minute"

/** A snapshot of a thread's heap. */
export const heap = (operated: Operated): request.Answering =>
  request.answering(request.Heap, ({ thread: name }) => {
    const sorry = (why: string) => request.failed("refused", `the heap of thread "${name}" can't be written: ${why}`)
    return Stream.unwrap(Effect.gen(function*() {
      const thread = yield* one(operated, name)
      const snapshot = yield* Effect.acquireRelease(
        Effect.tryPromise({ try: () => thread.heap(), catch: (error) => sorry(messageOf(error)) }).pipe(
          Effect.timeoutOrElse({
            duration: heapPatience,
            orElse: () => Effect.fail(sorry("it does not answer, as in a synchronous native call"))
          }),
          Effect.interruptible
        ),
        (snapshot: Readable) => Effect.sync(() => void snapshot.destroy())
      )
      const parts: AsyncIterable<string> = snapshot.setEncoding("utf8")
      return Stream.fromAsyncIterable(parts, (error) => sorry(messageOf(error))).pipe(Stream.map((text) => ({ text })))
    }))
  })

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)
