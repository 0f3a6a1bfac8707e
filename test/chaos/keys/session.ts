/** Plays rounds with keys in one system, from its start to its end, and checks each. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { System, type SystemEvent } from "heddle"
import * as dice from "../dice.ts"
import { type Line, type Reader, write } from "../evidence.ts"
import { type Before, check, nothing } from "./check.ts"
import { names } from "./Keyed.ts"
import * as plan from "./plan.ts"
import { clients, type Crash, play } from "./play.ts"

/** A round in which something was not as promised. */
export interface Failed {
  readonly seed: number
  readonly round: number
  readonly violations: ReadonlyArray<string>
  readonly lines: ReadonlyArray<Line>
}

const note = (event: SystemEvent.SystemEvent): void => {
  if (event._tag === "DeadLetter") write("letter", event.actor, event.key ?? "", String(event.count))
  else if (event._tag === "KeyQuarantined") write("given", event.actor, event.key)
  else if (event._tag === "ThreadExited") write("event", event._tag, event.thread)
}

/** Looks until three looks in a row find rest, but not for ever: says what does not come to rest. */
const settle = (evidence: Reader, open: Before["open"]) =>
  Effect.gen(function*() {
    const system = yield* System.System
    const lines: Array<Line> = []
    const running = new Map<string, string>()
    for (let look = 1, calm = 0;; look++) {
      yield* Effect.sleep(20)
      const status = yield* Effect.orDie(system.threads)
      const fresh = evidence.read()
      lines.push(...fresh)
      for (const [kind, actor = "", key = "", build = "", id = ""] of fresh) {
        if (kind === "start") running.set(id, `${actor}(${key}) ${build}`)
        if (kind === "end") running.delete(id)
        // What a build that is gone was handling has ended with it.
        if (kind === "built") {
          for (const [id, at] of running) if (at.startsWith(`${actor}(${key}) `)) running.delete(id)
        }
      }
      const restless = [
        ...status.filter(({ state }) => state !== "running").map(({ name, state }) => `${name} is ${state}`),
        ...status.flatMap(({ actors, name }) =>
          actors.filter(({ mailboxDepth }) => mailboxDepth !== 0).map((actor) =>
            `${actor.name} of ${name} has ${actor.mailboxDepth} messages`
          )
        )
      ]
      calm = restless.length === 0 ? calm + 1 : 0
      if (calm === 5 || look === 3000) return { lines, restless, open }
    }
  })

/** Asks all actors which keys are awake, at a time at which none opens or closes. */
const listAwake = (all: Effect.Success<typeof clients>, evidence: Reader) =>
  Effect.gen(function*() {
    const late: Array<Line> = []
    for (;;) {
      yield* Effect.sleep(20)
      const fresh = [...evidence.read()]
      const listed = yield* Effect.forEach(names, (name) =>
        Effect.map(Effect.orDie(all[name].awake), (keys) => keys.map((key) => `${name}(${key})`)))
      fresh.push(...evidence.read())
      late.push(...fresh)
      if (
        !fresh.some(([kind]) =>
          kind === "built" || kind === "closed"
        )
      ) return { late, awake: new Set(listed.flat()) }
    }
  })

/** Plays the rounds from `first` while `goesOn`; returns the first that fails. */
export const run = (options: {
  readonly seed: number
  readonly first: number
  readonly goesOn: (round: number) => boolean
  readonly evidence: Reader
  readonly crash: Crash
  readonly simulated: boolean
}) =>
  Effect.gen(function*() {
    const { crash, evidence, first, goesOn, seed, simulated } = options
    const system = yield* System.System
    const all = yield* clients
    const before = nothing()
    yield* Effect.forkScoped(Stream.runForEach(system.events, (event) => Effect.sync(() => note(event))), {
      startImmediately: true
    })
    for (let round = first; goesOn(round); round++) {
      const plays = plan.draw(dice.ofRound(seed, round), `${round}`)
      yield* play(crash, plays)
      const { lines, restless } = yield* settle(evidence, before.open)
      const { awake, late } = yield* listAwake(all, evidence)
      lines.push(...late)
      const crashed = plays.some(({ _tag }) => _tag === "Crash")
      const violations = [
        ...check({ lines, before, awake, crashed, simulated }),
        ...restless.map((text) => `it did not come to rest: ${text}`)
      ]
      before.awake = awake
      if (violations.length > 0) return { seed, round, violations, lines } satisfies Failed
    }
    return undefined
  })

/** Says what went wrong, and how to see it again. */
export const report = ({ lines, round, seed, violations }: Failed): string => {
  const about = /(?:to |: |of )?(\w+)\((\w+)\)/.exec(violations[0] ?? "")
  const shown = lines.filter(([kind, actor, key]) =>
    kind === "play" || kind === "event" || (actor === about?.[1] && key === about?.[2])
  )
  return [
    `chaos with keys: seed ${seed}, round ${round}: ${violations.length} violations`,
    ...violations.slice(0, 10).map((text) => `  - ${text}`),
    ...shown.map((line) => `  ${line.join(" ")}`),
    ""
  ].join("\n")
}
