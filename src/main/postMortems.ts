/**
 * Records what is known of threads that die, in memory and in a folder if there is one.
 *
 * ```text
 *   it fails -----> what it is doing is noted, before its messages are given back
 *   it is dead ---> what it has logged, its heap, its processor time
 *   `ThreadExited` is published -----> the record, which goes into the event
 * ```
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { mainThread, type ThreadSpec, type Topology } from "../control/topology.ts"
import * as monotonic from "../loop/monotonic.ts"
import { type Handling, LogLine, type PostMortem } from "../PostMortem.ts"
import type { Entry } from "../shared/handledMessages.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import { format, type SystemEvent } from "../SystemEvent.ts"
import { inOrder } from "../wire/protocol.ts"
import * as files from "./postMortemFiles.ts"
import type { Living } from "./status.ts"

/** How many records are kept, how many events, and how many records of a log are in one. */
const mostRecords = 20
const mostEvents = 50
const mostLines = 50

/** What a thread was doing when it failed. */
interface Doing {
  readonly incarnation: number
  readonly handling: ReadonlyArray<Handling>
  readonly mailboxes: PostMortem["mailboxes"]
  readonly eventLoopUtilization: number
}

type Left = Omit<PostMortem, "atMillis" | "cause" | "events">

export type PostMortems = ReturnType<typeof make>

/** Makes the records of a system, none at first. `onProblem`: a record could not be written. */
export const make = ({ folder, onProblem, topology }: {
  readonly topology: Topology
  /** Where each record is written as a file of JSON. */
  readonly folder: string | undefined
  readonly onProblem: (problem: string) => void
}) => {
  const threads = [mainThread, ...topology.threads.map(({ name }) => name)]
  const save = folder === undefined ? undefined : files.make(folder, onProblem)
  const records: Array<PostMortem> = []
  const events: Array<PostMortem["events"][number]> = []
  const failed = new Map<string, Doing>()
  const dead = new Map<string, Left>()

  const doing = (spec: ThreadSpec, { incarnation, thread: { block }, utilization }: Living): Doing => ({
    incarnation,
    handling: handlingOf(spec, block, threads),
    mailboxes: spec.actors.map(({ actor: { actorName } }, index) => ({
      actor: actorName,
      depth: block.waiting(index)
    })),
    eventLoopUtilization: utilization
  })

  const record = (event: Extract<SystemEvent, { readonly _tag: "ThreadExited" }>, left: Left): PostMortem => {
    const { atMillis, cause } = event
    const made: PostMortem = { atMillis, cause, ...left, events: Array.from(events) }
    records.push(made)
    if (records.length > mostRecords) records.shift()
    save?.(made)
    return made
  }

  return {
    /** A thread can't go on, and still lives. */
    failing: (spec: ThreadSpec, living: Living): void => void failed.set(spec.name, doing(spec, living)),
    /** A thread is dead, and its end not published yet. `upMillis`: for how long it had been ready. */
    ended(spec: ThreadSpec, living: Living, upMillis: number | null): void {
      const { incarnation, thread: { block, recorder } } = living
      const before = failed.get(spec.name)
      failed.delete(spec.name)
      const known = before?.incarnation === incarnation ? before : doing(spec, living)
      dead.set(spec.name, {
        thread: spec.name,
        ...known,
        upMillis,
        heapUsedBytes: block.heapBytes(),
        cpuMillis: block.measured.cpuMillis() ?? null,
        logs: recorder.read(mostLines).flatMap((line) => Option.toArray(decode(line)))
      })
    },
    /** Takes in an event; one of a death that nobody had asked for comes back with its record. */
    complete(event: SystemEvent): SystemEvent {
      const left = event._tag === "ThreadExited" ? dead.get(event.thread) : undefined
      if (event._tag === "ThreadExited") dead.delete(event.thread)
      events.push({ atMillis: event.atMillis, event: event._tag, text: format(event) })
      if (events.length > mostEvents) events.shift()
      if (event._tag !== "ThreadExited" || event.asked || left?.incarnation !== event.incarnation) return event
      return { ...event, postMortem: record(event, left) }
    },
    /** The records, the newest last. */
    all: (): ReadonlyArray<PostMortem> => Array.from(records)
  }
}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(LogLine))

/** The messages whose handlers had not ended, the oldest first; the one last that had not given back the thread. */
const handlingOf = (
  { actors }: ThreadSpec,
  block: StatusBlock,
  threads: ReadonlyArray<string>
): ReadonlyArray<Handling> => {
  const named = (
    { actor, key, message, sender }: Omit<Entry, "sinceMillis">,
    ageMillis: number
  ): ReadonlyArray<Handling> => {
    const protocol = actors[actor]?.actor
    const tag = protocol && inOrder(protocol.protocol.requests)[message]?._tag
    if (protocol === undefined || tag === undefined) return []
    return [{
      actor: protocol.actorName,
      ...protocol.keys === undefined ? {} : { key },
      message: tag,
      sender: threads[sender] ?? "",
      ageMillis: Math.round(ageMillis)
    }]
  }
  const now = monotonic.shared()
  const entries = block.handling.entries().toSorted((a, b) => a.sinceMillis - b.sinceMillis)
  const sender = block.readSender()
  const running = { ...block.readHandling(), sender, key: block.handling.readKey() }
  return [
    ...entries.flatMap((entry) => named(entry, now - entry.sinceMillis)),
    ...sender < 0 ? [] : named(running, block.unmovedMillis())
  ]
}
