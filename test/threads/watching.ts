/** What tests on real threads share: events as they happen, a journal that outlives threads, and no noise. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { type ActorError, System, type SystemEvent } from "heddle"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

type Event = SystemEvent.SystemEvent
type Tagged<Tag extends Event["_tag"]> = Extract<Event, { readonly _tag: Tag }>

/** Events from now on; `next` waits for one that fits and forgets those before it, `soFar` never waits. */
export const watch = Effect.gen(function*() {
  const system = yield* System.System
  const queue = yield* Queue.unbounded<Event>()
  yield* Effect.forkScoped(Stream.runForEach(system.events, (event) => Queue.offer(queue, event)), {
    startImmediately: true
  })
  const next = <Tag extends Event["_tag"]>(
    tag: Tag,
    fits: (event: Tagged<Tag>) => boolean = () => true
  ): Effect.Effect<Tagged<Tag>> =>
    Effect.flatMap(
      Queue.take(queue),
      (event) => isTagged(event, tag) && fits(event) ? Effect.succeed(event) : next(tag, fits)
    )
  return { next, soFar: Queue.clear(queue) }
})

const isTagged = <Tag extends Event["_tag"]>(event: Event, tag: Tag): event is Tagged<Tag> => event._tag === tag

/** A thread's status. */
export const thread = (name: string) =>
  Effect.gen(function*() {
    const { threads } = yield* System.System
    const found = (yield* threads).find((thread) => thread.name === name)
    return found ?? (yield* Effect.die(new Error(`there is no thread ${name}`)))
  })

/** Why an ask failed. */
export const reason = <A, E, R>(ask: Effect.Effect<A, E | ActorError.ActorError, R>) =>
  Effect.map(Effect.flip(ask), (error) => {
    if (typeof error === "object" && error !== null && "reason" in error) return error.reason
    throw error
  })

/** Runs a system without its log. */
export const quietly = <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> =>
  Layer.provide(layer, Logger.layer([]))

/** A file that fixtures write to, named by `HEDDLE_TEST_JOURNAL`. */
export const journal = () => {
  const directory = mkdtempSync(join(tmpdir(), "heddle-journal-"))
  const file = join(directory, "journal")
  process.env["HEDDLE_TEST_JOURNAL"] = file
  writeFileSync(file, "")
  return {
    clear: (): void => writeFileSync(file, ""),
    lines: (): ReadonlyArray<string> => readFileSync(file, "utf8").split("\n").filter((line) => line !== ""),
    remove: (): void => rmSync(directory, { recursive: true })
  }
}
