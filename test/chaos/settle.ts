/** Waits until a round has come to rest: all threads up, all mailboxes empty, no handler running. */
import * as Effect from "effect/Effect"
import { System } from "heddle"
import { type Clients, watched } from "./errand.ts"
import type { Line, Reader } from "./evidence.ts"
import { type Builds, noteBuilds, read, unfinished } from "./history.ts"
import { type Name, names } from "./Subject.ts"

export interface Rest {
  readonly lines: ReadonlyArray<Line>
  readonly status: ReadonlyArray<System.ThreadStatus>
  /** What does not come to rest; empty when all has. */
  readonly restless: ReadonlyArray<string>
}

const lookMillis = 20
const looks = 1000

/** Looks until two looks in a row find rest, but not for ever. Takes note of new builds. */
export const settle = (clients: Clients, evidence: Reader, builds: Builds, label: string) =>
  Effect.gen(function*() {
    const system = yield* System.System
    const lines: Array<Line> = []
    const fence = (name: Name, look: number): Effect.Effect<void> => {
      const id = `${label}.fence${look}.${name}`
      const timeoutMillis = 2000
      return watched(
        { from: "main", to: name, id, mode: "ask", how: "run" },
        { timeoutMillis, leaveMillis: 0 },
        id,
        clients[name].Run({ id, errands: [] }, { timeout: timeoutMillis })
      )
    }
    let calm = 0
    let restless: ReadonlyArray<string> = ["nobody has looked yet"]
    for (let look = 1;; look++) {
      yield* Effect.sleep(lookMillis)
      if (calm > 0) yield* Effect.forEach(names, (name) => fence(name, look), { concurrency: "unbounded" })
      const status = yield* Effect.orDie(system.threads)
      const fresh = evidence.read()
      noteBuilds(builds, fresh)
      lines.push(...fresh)
      restless = [...restlessIn(status), ...unfinished(read(lines), builds).map(({ id, to }) => `${to} handles ${id}`)]
      calm = restless.length === 0 ? calm + 1 : 0
      if (calm === 3 || look === looks) return { lines, status, restless }
    }
  })

const restlessIn = (status: ReadonlyArray<System.ThreadStatus>): ReadonlyArray<string> =>
  status.flatMap((thread) => [
    ...thread.state === "running" ? [] : [`thread ${thread.name} is ${thread.state}`],
    ...thread.actors.flatMap(({ mailboxDepth, name, state }) => [
      ...state === "running" ? [] : [`actor ${name} is ${state}`],
      ...mailboxDepth === 0 ? [] : [`actor ${name} has ${mailboxDepth} messages in its mailbox`]
    ])
  ])
