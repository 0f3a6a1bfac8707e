/**
 * What is measured of the process, of each thread and of each actor, and the series that it makes for Prometheus and OTLP.
 */
import * as Schema from "effect/Schema"
import type { ActorStatus, ThreadStatus } from "../Status.ts"

/** What is measured of an actor. */
const ActorMeasures = Schema.Struct({
  name: Schema.String,
  /** Of all messages that were handled, in milliseconds: from arrival to the start of the handler, and from there to its end. */
  waitMillis: Schema.Finite,
  handleMillis: Schema.Finite
})

/** What is measured of a thread. */
const ThreadMeasures = Schema.Struct({
  name: Schema.String,
  /** Of all incarnations; null where Node does not say. */
  cpuMillis: Schema.NullOr(Schema.Finite),
  /** Of all incarnations, since this was asked for first. */
  gcMillis: Schema.Finite,
  /** How long the supervisor's last question waited for the event loop. */
  delayMillis: Schema.Finite,
  /** How often it has ended without being asked to, by the kind of cause. */
  failures: Schema.Record(Schema.String, Schema.Finite),
  actors: Schema.Array(ActorMeasures)
})

/** What is measured, besides what the status says. */
export const Measures = Schema.Struct({
  process: Schema.Struct({
    cpuMillis: Schema.Finite,
    /** Null where the system does not say. */
    residentBytes: Schema.NullOr(Schema.Finite),
    openFiles: Schema.NullOr(Schema.Finite)
  }),
  threads: Schema.Array(ThreadMeasures)
})
export type Measures = typeof Measures.Type

/** One number with its name and labels. */
export interface Series {
  readonly id: string
  readonly type: "Gauge" | "Counter"
  readonly description: string
  readonly attributes: Readonly<Record<string, string>>
  readonly state: { readonly value: number } | { readonly count: number; readonly incremental: boolean }
}

/** A series, and how it is read from what it is of; null for what is not known. */
export type Read<A> = readonly [name: string, type: Series["type"], help: string, value: (of: A) => number | null]

/** Reads a series. */
export const sample = <A>(
  [id, type, description, value]: Read<A>,
  attributes: Series["attributes"],
  of: A
): ReadonlyArray<Series> => {
  const now = value(of)
  if (now === null) return []
  return [{
    id,
    type,
    description,
    attributes,
    state: type === "Gauge" ? { value: now } : { count: now, incremental: true }
  }]
}

/** The series of the process. */
const ofProcess: ReadonlyArray<Read<Measures["process"]>> = [
  ["heddle_process_cpu_seconds_total", "Counter", "Processor time.", ({ cpuMillis }) => cpuMillis / 1000],
  ["heddle_process_resident_memory_bytes", "Gauge", "Resident memory.", ({ residentBytes }) => residentBytes],
  ["heddle_process_open_fds", "Gauge", "Open file descriptors.", ({ openFiles }) => openFiles]
]

/** The series of a thread that has several instances. */
const ofGroups: ReadonlyArray<Read<ReadonlyArray<ThreadStatus>>> = [
  ["heddle_group_instances", "Gauge", "Instances that the thread is declared with.", ({ length }) => length],
  [
    "heddle_group_instances_up",
    "Gauge",
    "Instances that run.",
    (threads) => threads.filter(({ state }) => state === "running").length
  ]
]

/** The series of a thread, from its status. */
const ofThreads: ReadonlyArray<Read<ThreadStatus>> = [
  ["heddle_thread_up", "Gauge", "1 while the thread runs.", ({ state }) => Number(state === "running")],
  ["heddle_thread_incarnation", "Gauge", "Number of the present incarnation.", ({ incarnation }) => incarnation],
  ["heddle_thread_restarts_total", "Counter", "Restarts of the thread.", ({ restarts }) => restarts],
  ["heddle_thread_heap_used_bytes", "Gauge", "JavaScript heap in use.", ({ heapUsedBytes }) => heapUsedBytes],
  [
    "heddle_thread_event_loop_utilization_ratio",
    "Gauge",
    "Part of the last second in which the event loop was busy.",
    ({ eventLoopUtilization }) => eventLoopUtilization
  ]
]

/** The series of a thread, from what is measured. */
const ofMeasuredThreads: ReadonlyArray<Read<Measures["threads"][number]>> = [
  [
    "heddle_thread_cpu_seconds_total",
    "Counter",
    "Processor time of the thread.",
    ({ cpuMillis }) => cpuMillis === null ? null : cpuMillis / 1000
  ],
  [
    "heddle_thread_gc_seconds_total",
    "Counter",
    "Time of garbage collections since the metrics were read first.",
    ({ gcMillis }) => gcMillis / 1000
  ],
  [
    "heddle_thread_event_loop_delay_seconds",
    "Gauge",
    "How long the supervisor's last question waited for the event loop.",
    ({ delayMillis }) => delayMillis / 1000
  ]
]

/** The series of the failures of a thread, one for each kind of cause. */
const failures: Read<number> = [
  "heddle_thread_failures_total",
  "Counter",
  "Ends that nobody had asked for, by cause.",
  (count) => count
]

/** The series of an actor, from its status. */
const ofActors: ReadonlyArray<Read<ActorStatus>> = [
  ["heddle_actor_up", "Gauge", "1 while the actor runs.", ({ state }) => Number(state === "running")],
  ["heddle_actor_restarts_total", "Counter", "Restarts of the actor.", ({ restarts }) => restarts],
  ["heddle_actor_mailbox_depth", "Gauge", "Messages that wait.", ({ mailboxDepth }) => mailboxDepth],
  ["heddle_actor_handled_total", "Counter", "Messages whose handler ended.", ({ handled }) => handled],
  ["heddle_actor_failed_total", "Counter", "Messages whose handler died.", ({ failed }) => failed]
]

/** Counts of keys: one series a keyed actor, whatever its keys are. */
const ofKeyedActors: ReadonlyArray<Read<NonNullable<ActorStatus["keys"]>>> = [
  ["heddle_actor_keys_awake", "Gauge", "Keys that are awake.", ({ awake }) => awake],
  ["heddle_actor_keys_quarantined", "Gauge", "Keys that were given up.", ({ quarantined }) => quarantined]
]

/** The series of an actor, from what is measured. */
const ofMeasuredActors: ReadonlyArray<Read<Measures["threads"][number]["actors"][number]>> = [
  [
    "heddle_actor_wait_seconds_total",
    "Counter",
    "Time that handled messages have waited on the actor's thread.",
    ({ waitMillis }) => waitMillis / 1000
  ],
  [
    "heddle_actor_handle_seconds_total",
    "Counter",
    "Time from the start of handlers to their end.",
    ({ handleMillis }) => handleMillis / 1000
  ]
]

/** All series of a system; what is one of several instances has the label `group` too, the name of their declaration. Pure. */
export const seriesOf = (
  threads: ReadonlyArray<ThreadStatus>,
  measures: Measures | undefined
): ReadonlyArray<Series> => {
  const groups = Array.from(Map.groupBy(threads, ({ group }) => group)).filter(([, { length }]) => length > 1)
  const several = new Set(groups.map(([group]) => group))
  const labels = new Map(
    threads.map((
      { group, name }
    ): [string, Series["attributes"]] => [name, several.has(group) ? { thread: name, group } : { thread: name }])
  )
  const of = (thread: string, actor?: string) => ({
    ...labels.get(thread) ?? { thread },
    ...actor === undefined ? {} : { actor }
  })
  const measured = measures?.threads ?? []
  return [
    ...measures === undefined ? [] : ofProcess.flatMap((read) => sample(read, {}, measures.process)),
    ...ofGroups.flatMap((read) => groups.flatMap(([group, threads]) => sample(read, { group }, threads))),
    ...ofThreads.flatMap((read) => threads.flatMap((status) => sample(read, of(status.name), status))),
    ...ofMeasuredThreads.flatMap((read) => measured.flatMap((thread) => sample(read, of(thread.name), thread))),
    ...measured.flatMap((thread) =>
      Object.entries(thread.failures).flatMap(([cause, count]) =>
        sample(failures, { ...of(thread.name), cause }, count)
      )
    ),
    ...ofActors.flatMap((read) =>
      threads.flatMap(({ actors, name }) => actors.flatMap((actor) => sample(read, of(name, actor.name), actor)))
    ),
    ...ofKeyedActors.flatMap((read) =>
      threads.flatMap(({ actors, name }) =>
        actors.flatMap((actor) => actor.keys === undefined ? [] : sample(read, of(name, actor.name), actor.keys))
      )
    ),
    ...ofMeasuredActors.flatMap((read) =>
      measured.flatMap(({ actors, name }) => actors.flatMap((actor) => sample(read, of(name, actor.name), actor)))
    )
  ]
}
