/**
 * What can be seen of a thread from outside: what its actors handle, a profile, its heap. Loaded when somebody asks.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Readable } from "node:stream"
import type { Whereabouts } from "../base/whereabouts.ts"
import { type ActorView, NotSeen } from "../control/inspection.ts"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import type { ThreadStatus } from "../Status.ts"
import { UnknownThread } from "../SystemError.ts"
import type { Inspections } from "./inspections.ts"
import type { Thread } from "./thread.ts"

/** A system that is looked at. */
export interface Seen {
  readonly threads: Effect.Effect<ReadonlyArray<ThreadStatus>>
  readonly inspect: Inspections["inspect"]
  readonly threadOf: (name: string) => Thread | undefined
}

type Threads = Topology["threads"]

const wrong = (problem: string): NotSeen => new NotSeen({ kind: "wrong", problem })
const refused = (problem: string): NotSeen => new NotSeen({ kind: "refused", problem })

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** The threads of a name, or all instances of the declaration of that name. */
export const specsOf = (threads: Threads, name: string): ReadonlyArray<ThreadSpec> => {
  const own = threads.filter((spec) => spec.name === name)
  return own.length > 0 ? own : threads.filter(({ group }) => group.name === name)
}

/** The incarnation of the one thread that is meant. */
const one = (seen: Seen, threads: Threads, name: string): Effect.Effect<Thread, NotSeen> => {
  const specs = specsOf(threads, name)
  const [first, second] = specs
  if (first === undefined) {
    return Effect.fail(wrong(new UnknownThread({ name, known: threads.map((thread) => thread.name) }).message))
  }
  if (second !== undefined) {
    const choices = specs.map((spec) => spec.name).join(", ")
    return Effect.fail(wrong(`"${name}" has ${specs.length} instances; choose one of ${choices}`))
  }
  const thread = seen.threadOf(first.name)
  return thread === undefined ? Effect.fail(refused(`thread "${first.name}" does not run`)) : Effect.succeed(thread)
}

/** An actor on each thread that hosts it; none where nobody does. */
export const inspect = (seen: Seen, name: string): Effect.Effect<ReadonlyArray<ActorView>> =>
  Effect.flatMap(seen.threads, (threads) => {
    const hosting = threads.flatMap((thread) =>
      thread.actors.filter((actor) => actor.name === name).map((actor) => ({ actor, thread }))
    )
    return Effect.forEach(hosting, ({ actor, thread: { name: thread, state } }) =>
      Effect.map(
        inspected(seen, thread, name),
        (known) => ({ thread: { name: thread, state }, actor, ...known })
      ), { concurrency: "unbounded" })
  })

/** Somebody waits for the answer, and no restart does: it may take longer than the watchdog's. */
const patienceMillis = 2000

/** What a thread says of an actor, or where it is if it says nothing. */
const inspected = Effect.fnUntraced(function*({ inspect, threadOf }: Seen, thread: string, actor: string) {
  const { atDeath, now } = yield* Effect.promise(() => inspect(thread, actor))
  const alive = now === undefined ? threadOf(thread) : undefined
  const where = alive === undefined
    ? {}
    : yield* Effect.callback<Whereabouts>((resume) =>
      alive.find((where) => resume(Effect.succeed(where)), patienceMillis)
    )
  return { inspection: now ?? null, where, lastOfDeath: atDeath }
})

/** How much of a file is one part of it. */
const chunkLength = 256 * 1024

/** A CPU profile of a thread, in parts of a file for DevTools. */
export const profile = (seen: Seen, threads: Threads, name: string, millis: number): Stream.Stream<string, NotSeen> =>
  Stream.unwrap(Effect.gen(function*() {
    const thread = yield* one(seen, threads, name)
    const text = yield* Effect.tryPromise({
      try: (signal) => thread.profile(millis, signal),
      catch: (error) => refused(`thread "${name}" has no profile: ${messageOf(error)}`)
    })
    return Stream.fromIterable(
      Array.from(
        { length: Math.ceil(text.length / chunkLength) },
        (_, index) => text.slice(index * chunkLength, (index + 1) * chunkLength)
      )
    )
  }))

/** How long the snapshot of a heap may take to begin. The thread stands still meanwhile, longer the larger its heap is. */
const heapPatience = "1 minute"

/** A snapshot of a thread's heap, in parts of a file for DevTools. */
export const heap = (seen: Seen, threads: Threads, name: string): Stream.Stream<string, NotSeen> => {
  const sorry = (why: string) => refused(`the heap of thread "${name}" can't be written: ${why}`)
  return Stream.unwrap(Effect.gen(function*() {
    const thread = yield* one(seen, threads, name)
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
    return Stream.fromAsyncIterable(parts, (error) => sorry(messageOf(error)))
  }))
}
