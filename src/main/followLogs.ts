/**
 * The log of a system as a stream, for those who follow it.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { LogLine } from "../PostMortem.ts"
import type { Cursor } from "./threadLogs.ts"

/** How often somebody who follows gets new records. */
const everyMillis = 200

/** The records that are kept, then those to come, some at a time, without end. */
export const follow = (read: (cursor: Cursor) => ReadonlyArray<LogLine>): Stream.Stream<ReadonlyArray<LogLine>> =>
  Stream.suspend(() => {
    const cursor: Cursor = new WeakMap()
    const next = Effect.sync(() => read(cursor))
    return Stream.concat(Stream.fromEffect(next), Stream.fromEffectRepeat(Effect.delay(next, everyMillis))).pipe(
      Stream.filter((lines) => lines.length > 0)
    )
  })
