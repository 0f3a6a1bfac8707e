/** Waits until a round has come to rest: all threads up, all mailboxes empty, no handler running. */
import * as Clock from "effect/Clock"
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

const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

const lookMillis = 20
const looks = 6000
/** A start of five threads, one after the other, took a minute on a machine with thirty other processes. */
const patienceMillis = 120_000
const fencing = "fence"

/** Looks until two looks in a row find rest, but not for ever. Takes note of new builds. */
export const settle = (clients: Clients, evidence: Reader, builds: Builds, label: string) =>
  Effect.gen(function*() {
    const system = yield* System.System
    const lines: Array<Line> = []
    /** Asks every other actor by way of this one, so that no link can hold anything back unseen. */
    const fence = (via: Name, look: number): Effect.Effect<void> => {
      const id = `${label}.${fencing}${look}.${via}`
      const timeoutMillis = 3000
      const errands = names.filter((name) => name !== via).map((to) => ({
        id: `${id}.${to}`,
        to,
        how: "answer" as const,
        millis: 0,
        mode: "ask" as const,
        timeoutMillis: 2000,
        leaveMillis: 0
      }))
      return watched(
        { from: "main", to: via, id, mode: "ask", how: "run" },
        { timeoutMillis, leaveMillis: 0 },
        id,
        clients[via].Run({ id, errands }, { timeout: timeoutMillis })
      )
    }
    const began = yield* monotonicMillis
    let calm = 0
    let restless: ReadonlyArray<string> = ["nobody has looked yet"]
    for (let look = 1;; look++) {
      yield* Effect.sleep(lookMillis)
      // One after the other: those that handle one message at a time would wait for each other.
      if (calm > 0) yield* Effect.forEach(names, (name) => fence(name, look), { discard: true })
      const status = yield* Effect.orDie(system.threads)
      const fresh = evidence.read()
      noteBuilds(builds, fresh)
      lines.push(...fresh)
      const history = read(lines)
      restless = [
        ...restlessIn(status),
        ...unfinished(history, builds).map(({ id, to }) => `${to} handles ${id}`),
        ...Array.from(history.messages.values()).flatMap(({ from, got, id, to }) =>
          id.startsWith(`${label}.${fencing}${look}.`) && got?.outcome !== "ok"
            ? [`${from} asked ${to} and got ${got?.outcome}`]
            : []
        )
      ]
      calm = restless.length === 0 ? calm + 1 : 0
      if (calm === 3 || look === looks || (yield* monotonicMillis) > began + patienceMillis) {
        return { lines, status, restless }
      }
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
