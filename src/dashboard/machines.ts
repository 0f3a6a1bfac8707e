/**
 * The machines of a system that runs on several: how they are, and their numbers. They are asked when somebody looks.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { clusterActor, clusterThread } from "../actor/clusterActor.ts"
import { MachineView, parts } from "../actor/fleet.ts"
import { Actors } from "../control/actors.ts"
import { type Read, sample, type Series } from "../control/measures.ts"
import { type Unavailable, within } from "./asking.ts"
import { shared } from "./sharing.ts"

/** All machines, this one first; `isSeveral` is false in a system without cluster; `problem`: why nothing is known of them. */
export const Machines = Schema.Struct({
  isSeveral: Schema.Boolean,
  parts: Schema.Int,
  machines: Schema.Array(MachineView),
  problem: Schema.NullOr(Schema.String)
})
export type Machines = typeof Machines.Type

/** What the dashboard sees of the machines. */
export interface Fleet {
  readonly list: Effect.Effect<Machines>
  /** With all that they count; nothing in a system without cluster. */
  readonly counted: Effect.Effect<ReadonlyArray<MachineView>, Unavailable>
}

/** Several pages cost the machines no more than one. */
const newMillis = 500

const nobody: Fleet = {
  list: Effect.succeed({ isSeveral: false, parts, machines: [], problem: null }),
  counted: Effect.succeed([])
}

/** Finds the cluster of the system. */
export const make: Effect.Effect<Fleet> = Effect.gen(function*() {
  const context = yield* Effect.context<never>()
  const places = Context.getOrElse(context, Actors, () => [])
  if (!places.some(({ thread }) => thread === clusterThread)) return nobody
  const { Machines } = Context.getUnsafe(context, clusterActor())
  const ask = (isDetailed: boolean) => within("the cluster", "2 seconds")(Machines({ isDetailed }))
  return {
    list: yield* shared(
      Effect.match(ask(false), {
        onFailure: ({ detail }) => ({ isSeveral: true, parts, machines: [], problem: detail }),
        onSuccess: (machines) => ({ isSeveral: true, parts, machines, problem: null })
      }),
      newMillis
    ),
    counted: yield* shared(ask(true), newMillis)
  }
})

const ofMachines: ReadonlyArray<Read<MachineView>> = [
  ["heddle_machine_up", "Gauge", "1 while the machine answers.", ({ state }) => Number(state === "up")],
  [
    "heddle_machine_news_age_seconds",
    "Gauge",
    "How old the newest sign of life of the machine is.",
    ({ ageMillis }) => ageMillis / 1000
  ],
  ["heddle_machine_parts", "Gauge", "Parts of the keys that the machine holds.", ({ report }) => report?.parts ?? null],
  [
    "heddle_machine_resident_memory_bytes",
    "Gauge",
    "Resident memory of its process.",
    ({ report }) => report?.residentBytes ?? null
  ]
]

const known: Read<MachineView> = ["heddle_machine_info", "Gauge", "The versions that the machine runs.", () => 1]

type ThreadOfMachine = NonNullable<MachineView["report"]>["threads"][number]

const ofThreads: ReadonlyArray<Read<ThreadOfMachine>> = [
  [
    "heddle_machine_thread_up",
    "Gauge",
    "1 while the thread runs on the machine.",
    ({ state }) => Number(state === "running")
  ]
]

const ofActors: ReadonlyArray<Read<ThreadOfMachine["actors"][number]>> = [
  [
    "heddle_machine_actor_handled_total",
    "Counter",
    "Messages whose handler ended on the machine.",
    ({ handled }) => handled
  ],
  ["heddle_machine_actor_keys_awake", "Gauge", "Keys that are awake on the machine.", ({ keys }) => keys?.awake ?? null]
]

/** What is known of all machines. The names differ from those of this machine's own numbers: sums count nothing twice. */
export const seriesOf = (machines: ReadonlyArray<MachineView>): ReadonlyArray<Series> => [
  ...ofMachines.flatMap((read) => machines.flatMap((one) => sample(read, { machine: one.address }, one))),
  ...machines.flatMap((one) => {
    if (one.software === null) return []
    const { heddle, node, version } = one.software
    return sample(known, { machine: one.address, version: version ?? "", heddle: heddle ?? "", node }, one)
  }),
  ...ofThreads.flatMap((read) =>
    threadsOf(machines).flatMap(({ machine, thread }) => sample(read, { machine, thread: thread.name }, thread))
  ),
  ...ofActors.flatMap((read) =>
    threadsOf(machines).flatMap(({ machine, thread }) =>
      thread.actors.flatMap((actor) => sample(read, { machine, thread: thread.name, actor: actor.name }, actor))
    )
  )
]

const threadsOf = (machines: ReadonlyArray<MachineView>) =>
  machines.flatMap(({ address, report }) => report?.threads.map((thread) => ({ machine: address, thread })) ?? [])
