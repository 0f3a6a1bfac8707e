/**
 * What threads log, what they died of, and what they do: requests that no actor takes part in.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { NotSeen } from "../control/inspection.ts"
import { mainThread, type ThreadSpec } from "../control/topology.ts"
import * as looking from "../main/looking.ts"
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
  const found = [
    ...others.filter((other) => other === name),
    ...looking.specsOf(threads, name).map((spec) => spec.name)
  ]
  return found.length > 0 ? Effect.succeed(new Set(found)) : unknown(threads, name, others)
}

const unknown = (
  threads: ReadonlyArray<ThreadSpec>,
  name: string,
  others: ReadonlyArray<string> = []
): Effect.Effect<never, request.Failed> => {
  const known = [...others, ...threads.map((thread) => thread.name)]
  return Effect.fail(request.failed("wrong", new UnknownThread({ name, known }).message))
}

const seenOf = ({ running: { supervisor } }: Operated): looking.Seen => ({
  threads: supervisor.system.threads,
  inspect: supervisor.inspect,
  threadOf: supervisor.threadOf
})

const failedOf = ({ kind, problem }: NotSeen): request.Failed => request.failed(kind, problem)

/** An actor on each thread that hosts it. */
export const inspect = (operated: Operated): request.Answering =>
  request.answering(request.Inspect, ({ actor }) =>
    Stream.unwrap(Effect.map(
      looking.inspect(seenOf(operated), actor),
      (views) => views.length === 0 ? Stream.fail(unknownActor(operated.topology, actor)) : Stream.fromIterable(views)
    )))

const content = (parts: Stream.Stream<string, NotSeen>) =>
  parts.pipe(Stream.map((text) => ({ text })), Stream.mapError(failedOf))

/** A CPU profile of a thread. */
export const profile = (operated: Operated): request.Answering =>
  request.answering(
    request.Profile,
    ({ millis, thread }) => content(looking.profile(seenOf(operated), operated.topology.threads, thread, millis))
  )

/** A snapshot of a thread's heap. */
export const heap = (operated: Operated): request.Answering =>
  request.answering(
    request.Heap,
    ({ thread }) => content(looking.heap(seenOf(operated), operated.topology.threads, thread))
  )
