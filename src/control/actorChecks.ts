/**
 * What must be true of the actors of a declaration, taken together.
 */
import type * as Actor from "../Actor.ts"
import * as copies from "../base/copies.ts"
import type { Checker } from "./optionChecks.ts"

/** What a thread declares, as far as it matters here. */
interface Declared {
  readonly actors: ReadonlyArray<{ readonly actor: Actor.Any }>
  readonly group: { readonly name: string; readonly index: number }
}

/** Actor names are unique in a system, instances of a thread aside. */
export const checkNames = (check: Checker, threads: ReadonlyArray<Declared>): void => {
  const hosts = new Map<string, string>()
  for (const { actors, group } of threads.filter(({ group }) => group.index === 0)) {
    for (const { actor } of actors) {
      const host = hosts.get(actor.actorName)
      if (host === undefined) hosts.set(actor.actorName, group.name)
      else {
        check.problem(
          `threads.${group.name}.actors: the name "${actor.actorName}" is taken by an actor of thread "${host}"; ` +
            `actor names are unique in a system`
        )
      }
    }
  }
}

/** The protocols of all actors are made with the copy of effect that heddle uses. */
export const checkCopies = (check: Checker, threads: ReadonlyArray<Declared>, module: string): void => {
  const actors = threads.flatMap(({ actors }) => actors.map(({ actor }) => actor))
  const foreign = actors.flatMap(({ actorName, protocol }) => copies.isForeign(protocol) ? [actorName] : [])
  if (foreign.length === 0) return
  check.problem(
    `two copies of effect: the messages of ${foreign.join(", ")} are not made with the one that heddle uses; ` +
      copies.account(module)
  )
}
