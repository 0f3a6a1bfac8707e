/**
 * `heddle check`: validates a declaration and prints its tree. Starts nothing.
 */
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import * as log from "../../base/log.ts"
import { isConfig } from "../../control/config.ts"
import type { ThreadSpec, Topology } from "../../control/topology.ts"
import * as ExitCause from "../../ExitCause.ts"
import type { Failure } from "../../host/hostContext.ts"
import { load as loadActor } from "../../host/instance.ts"
import * as layers from "../../host/layers.ts"
import { load } from "../start.ts"
import { columns, duration, print, printable, printJson } from "./output.ts"

/** Loads the config module and the layers of all actors, as `heddle start` and its threads do, and builds nothing. */
export const check = (file: string, isJson: boolean): Effect.Effect<never> =>
  Effect.gen(function*() {
    if (existsSync(".env")) process.loadEnvFile(".env")
    const loaded = yield* load(file)
    const { topology } = isConfig(loaded) ? loaded : loaded.config
    const problems = yield* problemsOf(topology)
    yield* isJson
      ? printJson({ ok: problems.length === 0, problems, ...describe(topology) })
      : print(`${[...tree(topology), ...problems.map((problem) => `problem: ${problem}`)].map(printable).join("\n")}\n`)
    return problems.length === 0 ? 0 : 1
  }).pipe(
    Effect.catch((error) =>
      isJson
        ? Effect.as(printJson({ ok: false, problems: [error.message] }), 1)
        : Effect.as(Effect.sync(() => log.write(2, `heddle: ${printable(error.message)}\n`)), 1)
    ),
    Effect.map((code) => process.exit(code))
  )

/** What keeps the layers of threads and actors from being loaded; each is loaded once, however many instances there are. */
const problemsOf = (topology: Topology): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(
    Effect.forEach(
      topology.threads.filter(({ group }) => group.index === 0),
      (spec) => problemsOfThread(topology, spec)
    ),
    (problems) => [...new Set(problems.flat())]
  )

/** What is wrong with the modules of a thread's layers and actors. */
const problemsOfThread = Effect.fnUntraced(function*(topology: Topology, { actors, group }: ThreadSpec) {
  const problemOf = <A>(loaded: Effect.Effect<A, Failure>) =>
    Effect.match(loaded, {
      onFailure: ({ cause }) => [`thread ${group.name}: ${ExitCause.format(cause)}`],
      onSuccess: (): ReadonlyArray<string> => []
    })
  const ofLayers = yield* problemOf(layers.load(topology, group.name, group.name))
  const ofActors = yield* Effect.forEach(actors, (actor) => problemOf(loadActor(actor)))
  return [...ofLayers, ...ofActors.flat()]
})

/** The declaration as JSON. */
const describe = (topology: Topology) => ({
  module: topology.module,
  strategy: topology.strategy,
  startup: topology.startup,
  shutdownTimeoutMillis: topology.shutdownTimeoutMillis,
  threads: topology.threads.map(({ actors, name, ...spec }) => ({
    name,
    group: spec.group.name,
    restart: spec.restart,
    onGiveUp: spec.onGiveUp,
    startTimeoutMillis: spec.startTimeoutMillis,
    shutdownTimeoutMillis: spec.shutdownTimeoutMillis,
    stallAfterMillis: spec.stallAfterMillis,
    standby: spec.standby,
    actors: actors.map(({ actor }) => ({ name: actor.actorName, messages: [...actor.protocol.requests.keys()] }))
  }))
})

/** The declaration for people: what differs from thread to thread. */
const tree = (topology: Topology): ReadonlyArray<string> => [
  `${topology.strategy}, ${topology.startup} start, stops within ${duration(topology.shutdownTimeoutMillis)}`,
  ...topology.threads.filter(({ group }) => group.index === 0).flatMap((spec) => [
    `${spec.group.name}  ${settings(spec).join(", ")}`,
    ...spec.actors.flatMap(({ actor }) => wrapped(`  ${actor.actorName}: `, [...actor.protocol.requests.keys()]))
  ])
]

const settings = ({ group, onGiveUp, restart, stallAfterMillis, standby }: ThreadSpec): ReadonlyArray<string> => [
  ...(group.count > 1 ? [`${group.count} instances`] : []),
  restart.policy === "never" ? "never restarted" : `${restart.failures} failures`,
  onGiveUp === "escalate" ? "then the system ends" : "then it stays down",
  `hung after ${duration(stallAfterMillis)}`,
  ...(standby > 0 ? [`${standby} on standby`] : [])
]

/** A list of words in lines of the terminal's width. */
const wrapped = (head: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines = [head]
  for (const [index, word] of words.entries()) {
    const text = index + 1 < words.length ? `${word}, ` : word
    const last = lines.at(-1) ?? ""
    if (last.length + text.trimEnd().length > columns() && last !== head) lines.push(" ".repeat(head.length) + text)
    else lines[lines.length - 1] = last + text
  }
  return lines.map((line) => line.trimEnd())
}
