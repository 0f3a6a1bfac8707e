/**
 * Which thread hosts which actors, in which order, as all threads agree on it: the declaration that main has imported.
 *
 * Boards, frames and mailboxes name an actor by its position. Each thread imports the config module again, where it may
 * answer differently: its file was edited, or it asks for the environment, the arguments, the thread, chance or the date.
 * So main says what it has declared, and a thread takes from its own import the classes and layers of those names, in
 * main's order. A thread that does not find what it is to host does not load.
 */
import type * as Actor from "../Actor.ts"
import { wasEdited } from "../base/loadModule.ts"
import type { Place } from "../link/place.ts"
import * as protocol from "../wire/protocol.ts"
import type { Hosted, ThreadInit } from "./protocol.ts"
import * as supervision from "./supervisorActor.ts"
import type { ThreadSpec, Topology } from "./topology.ts"

/** The names of all threads and of their actors, for the threads. */
export const namesOf = (topology: Topology): ThreadInit["names"] => {
  const known = names.get(topology)
  if (known !== undefined) return known
  const made = supervision.places(topology).map(({ actors, group, remote, thread }) => ({
    thread,
    group,
    actors: actors.map(({ actorName }) => actorName),
    remote
  }))
  names.set(topology, made)
  return made
}

const names = new WeakMap<Topology, ThreadInit["names"]>()

/** What a thread hosts, as it has to be on both sides. */
export const hostedBy = ({ actors }: Pick<ThreadSpec, "actors">): ReadonlyArray<Hosted> =>
  actors.map(({ actor: { actorName, keys, protocol: { requests } } }) => ({
    actor: actorName,
    protocol: protocol.digestOf(requests, keys?.schema)
  }))

/** What a thread makes of the system. */
export interface Agreed {
  /** All threads and actors as main has declared them; of those that are not known here, the names. */
  readonly places: ReadonlyArray<Place>
  /** What this thread hosts, in main's order. */
  readonly actors: ReadonlyArray<Actor.Lazy<unknown, unknown>>
  /** What is known here, and not on main: nobody hosts it. */
  readonly strangers: ReadonlyArray<Actor.Any>
}

/** Reads a thread's own import of the declaration in the light of main's. */
export const agree = (init: ThreadInit, topology: Topology): Agreed | { readonly problem: string } => {
  // By its declaration: how many cores there are may differ here.
  const own = topology.threads.find(({ group }) => group.name === init.instance.name)
  const problem = compare(init, topology.threads, own)
  if (problem !== undefined) return { problem: `${problem} ${likelyCause(init)}` }
  const here = supervision.places(topology).flatMap(({ actors }) => actors)
  const classes = new Map(here.map((actor) => [actor.actorName, actor]))
  const lazies = new Map(own?.actors.map((lazy) => [lazy.actor.actorName, lazy]))
  const declared = new Set(init.names.flatMap(({ actors }) => actors))
  return {
    places: init.names.map(({ actors, group, remote, thread }) => ({
      thread,
      group,
      remote,
      actors: actors.map((actorName) => classes.get(actorName) ?? { actorName })
    })),
    actors: init.hosts.flatMap(({ actor }) => lazies.get(actor) ?? []),
    strangers: here.filter(({ actorName }) => !declared.has(actorName))
  }
}

/** Says how what a thread hosts differs from what was declared; nothing if it doesn't, in whatever order. */
export const differs = (
  declared: ReadonlyArray<Hosted>,
  found: ReadonlyArray<Hosted>
): string | undefined => {
  const here = new Map(found.map(({ actor, protocol }) => [actor, protocol]))
  const there = new Set(declared.map(({ actor }) => actor))
  const differences = [
    ...declared.flatMap(({ actor, protocol: agreed }) => {
      const now = here.get(actor)
      if (now === undefined) return [`${actor} is missing`]
      return now === agreed ? [] : [`${actor} has another protocol (${protocol.difference(agreed, now)})`]
    }),
    ...found.flatMap(({ actor }) => there.has(actor) ? [] : [`${actor} is not declared on main`])
  ]
  return differences.length === 0 ? undefined : list(differences, "; ")
}

/** How what a thread hosts differs from what main has declared; nothing if it does not. */
const compare = (
  { hosts, thread }: ThreadInit,
  threads: ReadonlyArray<ThreadSpec>,
  own: ThreadSpec | undefined
): string | undefined => {
  const declared = `main declares it with [${list(hosts.map(({ actor }) => actor))}]`
  if (own === undefined) {
    return `in this thread it has no thread "${thread}", only ${list(threads.map(({ name }) => name))}; ${declared}.`
  }
  const found = hostedBy(own)
  const difference = differs(hosts, found)
  if (difference === undefined) return undefined
  return `in this thread it declares "${thread}" with [${list(found.map(({ actor }) => actor))}], and ${declared}: ` +
    `${difference}.`
}

/** Why a module answers differently when it is imported again. */
const likelyCause = ({ module, sinceMillis }: ThreadInit): string =>
  wasEdited(module, sinceMillis)
    ? "Its file was edited after the program had started: restart the program, or take the edit back."
    : "Either it depends on what differs between threads (process.env, process.argv, isMainThread, randomness, the date), " +
      "or a file that it imports was edited after the program had started: then restart the program."

const most = 20

const list = (items: ReadonlyArray<string>, separator = ", "): string =>
  items.length <= most
    ? items.join(separator)
    : `${items.slice(0, most).join(separator)} and ${items.length - most} more`
