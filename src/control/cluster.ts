/**
 * The cluster of a declaration, the thread that it runs on, and what is reached through it.
 */
import * as Config from "effect/Config"
import * as Redacted from "effect/Redacted"
import type * as Actor from "../Actor.ts"
import { clusterActor, clusterThread, shortestKey } from "../actor/clusterActor.ts"
import type { ClusterSpec } from "../actor/membership.ts"
import { flawOf } from "../base/address.ts"
import { type ClusterOptions, isCluster } from "../Cluster.ts"
import type { Storage } from "../Storage.ts"
import * as codec from "../wire/codec.ts"
import { type Checker, show } from "./optionChecks.ts"
import { ownThread } from "./ownThread.ts"

/** What a thread declares, as far as it matters here. */
interface Declared {
  readonly name: string
  readonly actors: ReadonlyArray<{ readonly actor: Actor.Any }>
  readonly group: { readonly name: string; readonly index: number }
}

const options: { readonly [Option in keyof Required<ClusterOptions>]: true } = {
  address: true,
  key: true,
  listen: true,
  spread: true,
  once: true,
  failover: true
}

/** Checks the cluster of a declaration. */
export const resolve = (
  check: Checker,
  cluster: unknown,
  threads: ReadonlyArray<Declared>,
  storage: Storage | undefined
): ClusterSpec | undefined => {
  if (cluster === undefined) return undefined
  if (!isCluster(cluster)) {
    check.problem(`cluster: ${show(cluster)} is not a cluster; write Cluster.make({ address, key })`)
    return undefined
  }
  for (const option of Object.keys(cluster)) {
    if (option in options || option.startsWith("~")) continue
    check.problem(`cluster.${option} is not an option; the options are ${Object.keys(options).join(", ")}`)
  }
  if (storage?.kind !== "postgres") {
    check.problem(
      "cluster: the machines meet in a database; write storage: Storage.postgres({ url: Config.Redacted(\"DATABASE_URL\") })" +
        (storage === undefined ? "" : " instead of Storage.sqlite, which is a file of one machine")
    )
  }
  checkAddress(check, "address", cluster.address)
  if (cluster.listen !== undefined) checkAddress(check, "listen", cluster.listen)
  checkKey(check, cluster.key)
  const once = checkOnce(check, cluster.once, threads)
  const spread = checkSpread(check, cluster.spread, threads, once)
  checkMessages(check, threads, spread, once)
  return {
    address: cluster.address,
    listen: cluster.listen,
    key: cluster.key,
    spread,
    once,
    failoverMillis: check.millis("cluster.failover", cluster.failover, "3 seconds", 2000)
  }
}

const checkAddress = (check: Checker, option: "address" | "listen", address: unknown): void => {
  if (Config.isConfig(address)) return
  const flaw = typeof address === "string"
    ? flawOf(address, option === "listen")
    : "is no address such as \"10.0.0.7:7400\", and no Config of one"
  if (flaw !== undefined) check.problem(`cluster.${option}: ${show(address)} ${flaw}`)
}

const checkKey = (check: Checker, key: unknown): void => {
  if (Redacted.isRedacted(key) || Config.isConfig(key)) return
  if (typeof key === "string" && key.length >= shortestKey) return
  check.problem(
    `cluster.key: the secret of the machines is a text of at least ${shortestKey} characters, a Redacted or a Config of one; ` +
      "make one by openssl rand -hex 32"
  )
}

/** Checks which threads run once. */
const checkOnce = (check: Checker, once: unknown, threads: ReadonlyArray<Declared>): ReadonlyArray<string> => {
  if (once === undefined) return []
  const names = new Set(threads.map(({ group }) => group.name))
  if (!Array.isArray(once)) {
    check.problem(`cluster.once: ${show(once)} is not a list of threads; write once: ["bot"]`)
    return []
  }
  return once.flatMap((name: unknown, index) => {
    if (typeof name === "string" && names.has(name)) return [name]
    check.problem(
      `cluster.once[${index}]: ${show(name)} is no thread of the system; there are ${[...names].join(", ")}`
    )
    return []
  })
}

/** Checks which actors are spread. */
const checkSpread = (
  check: Checker,
  spread: unknown,
  threads: ReadonlyArray<Declared>,
  once: ReadonlyArray<string>
): ReadonlyArray<string> => {
  if (spread === undefined) return []
  if (!Array.isArray(spread)) {
    check.problem(`cluster.spread: ${show(spread)} is not a list of keyed actors; write spread: [Room]`)
    return []
  }
  return spread.flatMap((actor: unknown, index) => {
    const path = `cluster.spread[${index}]`
    const name = nameOf(actor)
    const thread = threads.find(({ actors }) => actors.some((lazy) => lazy.actor.actorName === name))
    if (name === undefined || thread === undefined) {
      check.problem(`${path}: ${name ?? show(actor)} is no actor of a thread of the system`)
    } else if (once.includes(thread.group.name)) {
      check.problem(`${path}: ${name} is on thread "${thread.group.name}", which runs once; it can't be spread as well`)
    } else if (!thread.actors.some(({ actor }) => actor.actorName === name && actor.keys !== undefined)) {
      check.problem(
        `${path}: ${name} has no keys that could be spread; make it by Actor.Keyed, or name its thread in once`
      )
    } else return [name]
    return []
  })
}

const nameOf = (actor: unknown): string | undefined =>
  (typeof actor === "function" || (typeof actor === "object" && actor !== null)) && "actorName" in actor &&
    typeof actor.actorName === "string"
    ? actor.actorName
    : undefined

/** A stream would need a reader on the other machine. */
const checkMessages = (
  check: Checker,
  threads: ReadonlyArray<Declared>,
  spread: ReadonlyArray<string>,
  once: ReadonlyArray<string>
): void => {
  for (const { actors, group } of threads.filter(({ group }) => group.index === 0)) {
    for (const { actor } of actors) {
      if (!once.includes(group.name) && !spread.includes(actor.actorName)) continue
      const streams = Array.from(codec.make(actor.protocol.requests).values()).filter(({ stream }) => stream)
      if (streams.length === 0) continue
      check.problem(
        `threads.${group.name}.actors: ${streams.map(({ tag }) => `${actor.actorName}.${tag}`).join(", ")} ` +
          `${
            streams.length === 1 ? "is a stream" : "are streams"
          }, which can't cross machines; put them into another actor`
      )
    }
  }
}

/** The threads of a system with that of its cluster: those that run once come last. */
export const withThread = <Spec extends Pick<Declared, "group">>(
  threads: ReadonlyArray<Spec>,
  cluster: ClusterSpec | undefined
): ReadonlyArray<Spec | ReturnType<typeof threadOf>> => {
  if (cluster === undefined) return threads
  const isOnce = ({ group }: Spec): boolean => cluster.once.includes(group.name)
  return [...threads.filter((spec) => !isOnce(spec)), threadOf(cluster), ...threads.filter(isOnce)]
}

/** The names of the threads that don't start with the system, because they run on one machine. */
export const dormantOf = (
  threads: ReadonlyArray<Pick<Declared, "name" | "group">>,
  cluster: ClusterSpec | undefined
): { readonly dormant?: ReadonlySet<string> } =>
  cluster === undefined || cluster.once.length === 0
    ? {}
    : { dormant: new Set(threads.flatMap(({ group, name }) => cluster.once.includes(group.name) ? [name] : [])) }

/** The actors of a thread that are reached through the cluster. */
export const remoteOf = ({ actors, group }: Declared, cluster: ClusterSpec | undefined): ReadonlyArray<string> =>
  actors.map(({ actor }) => actor.actorName).filter((name) =>
    cluster !== undefined && (cluster.once.includes(group.name) || cluster.spread.includes(name))
  )

/**
 * The thread of a cluster, which a system declares by declaring the cluster. It stops before all threads that host keys, so that it
 * hands them over first, and after those that run once.
 */
const threadOf = ({ failoverMillis }: ClusterSpec) => ({
  ...ownThread(clusterThread, 2000),
  actors: [lazy()],
  startTimeoutMillis: 60_000,
  shutdownTimeoutMillis: 10_000,
  // Other machines take over from one whose loop stands still: it is ended before they do.
  stallAfterMillis: Math.max(1000, failoverMillis - 1000),
  onStall: "restart" as const
})

const lazy = (): Actor.Lazy<unknown, unknown> => ({
  actor: clusterActor(),
  load: () => import("../cluster/layer.ts")
})
