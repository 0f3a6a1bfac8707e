/**
 * The last log records of all threads, read from their recorders: of those that live, of those that died, and of main.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { mainThread } from "../control/topology.ts"
import { LogLine } from "../PostMortem.ts"
import type { Recorder } from "../shared/recorder.ts"
import * as mainRecorder from "./mainRecorder.ts"
import type { Living } from "./status.ts"

/** How many dead incarnations of a thread are remembered, 64 KB each. */
const mostDead = 2

/** How far each recorder has been read. */
export type Cursor = WeakMap<Recorder, number>

export type ThreadLogs = ReturnType<typeof make>

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(LogLine))

/** Makes the reader of the logs of a system, whose `living` incarnations are kept up to date elsewhere. */
export const make = (living: ReadonlyMap<number, Living>) => {
  const dead = new Map<number, ReadonlyArray<Recorder>>()

  return {
    /** A thread is dead: keeps what it logged last. */
    bury: (index: number, recorder: Recorder): void =>
      void dead.set(index, [...dead.get(index) ?? [], recorder].slice(-mostDead)),
    /**
     * The records that came since a cursor was last used, the oldest first, or all that are kept. A reader misses what was
     * overwritten meanwhile: a recorder holds 64 KB.
     */
    read(cursor: Cursor): ReadonlyArray<LogLine> {
      const main = mainRecorder.recorder()
      const recorders = [main, ...Array.from(dead.values()).flat()]
      for (const { thread } of living.values()) recorders.push(thread.recorder)
      return recorders.flatMap((recorder) => {
        const { position, records } = recorder.since(cursor.get(recorder))
        cursor.set(recorder, position)
        const lines = records.flatMap((record) => Option.toArray(decode(record)))
        // What a thread has posted to main's loggers is in the recorder of the thread as well.
        return recorder === main ? lines.filter(({ thread }) => thread === mainThread) : lines
      }).toSorted((a, b) => a.time < b.time ? -1 : a.time > b.time ? 1 : 0)
    }
  }
}
