/** Plays rounds in one system, from its start to its end, and checks each. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ExitCause, System, type SystemEvent } from "heddle"
import { check, type Violation } from "./check.ts"
import { make as makeChildren } from "./children.ts"
import * as dice from "./dice.ts"
import { clients as makeClients } from "./errand.ts"
import { type Line, type Reader, write } from "./evidence.ts"
import type { Builds } from "./history.ts"
import * as plan from "./plan.ts"
import * as play from "./play.ts"
import { settle } from "./settle.ts"

/** What happened, counted. */
export type Tally = Map<string, number>

export const add = (tally: Tally, what: string, by = 1): void => void tally.set(what, (tally.get(what) ?? 0) + by)

/** A round in which something was not as promised. */
export interface Failed {
  readonly round: number
  readonly violations: ReadonlyArray<Violation>
  readonly lines: ReadonlyArray<Line>
}

/** Writes down what the supervisor says. */
const note = (tally: Tally) => (event: SystemEvent.SystemEvent): Effect.Effect<void> =>
  Effect.sync(() => {
    switch (event._tag) {
      case "DeadLetter":
        add(tally, "dead letters", event.count)
        return write("event", event._tag, event.actor, `${event.request} ${event.count} ${event.why}`)
      case "ThreadExited":
        add(tally, `thread ended: ${event.cause._tag}`)
        return write("event", event._tag, event.thread, `#${event.incarnation} ${ExitCause.format(event.cause)}`)
      case "ActorFailed":
        add(tally, `actor failed: ${event.cause._tag}`)
        return write("event", event._tag, event.actor, ExitCause.format(event.cause))
      case "ActorStarted":
        return write("event", event._tag, event.actor, "")
      case "StandbyReady":
        add(tally, "standby threads loaded")
        return write("event", event._tag, event.thread, "")
      case "StandbyFailed":
        add(tally, `standby thread failed: ${event.cause._tag}`)
        return write("event", event._tag, event.thread, ExitCause.format(event.cause))
      case "Stopping":
      case "Stopped":
        return write("event", event._tag, "", "")
      default:
        return write("event", event._tag, event.thread, `#${event.incarnation}`)
    }
  })

/** Plays the rounds from `first`, while `goesOn`; ends with the first round that fails. */
export const run = (options: {
  readonly seed: number
  readonly first: number
  readonly goesOn: (round: number) => boolean
  readonly world: plan.World
  readonly strategy: System.Strategy
  readonly evidence: Reader
  readonly fault: play.Fault
  /** Edits the config module under the running system. */
  readonly edit: (order: plan.Order) => void
  readonly tally: Tally
  /** Looks for what was left open after a round. */
  readonly leaks: Effect.Effect<ReadonlyArray<string>>
}) =>
  Effect.gen(function*() {
    const { evidence, first, goesOn, seed, strategy, tally, world } = options
    const system = yield* System.System
    const clients = yield* makeClients
    const builds: Builds = new Map()
    const children = makeChildren()
    yield* Effect.forkScoped(Stream.runForEach(system.events, note(tally)), { startImmediately: true })

    const start = yield* settle(clients, evidence, builds, "before")
    children.orphans(start.lines)
    let { status } = start
    for (let round = first; goesOn(round); round++) {
      const before = new Map(builds)
      const plays = plan.draw(dice.ofRound(seed, round), world, `${round}`)
      const began = yield* Clock.monotonicTimeNanos
      yield* play.play(clients, options, plays)
      const rest = yield* settle(clients, evidence, builds, `${round}`)
      const violations = [
        ...check({
          lines: rest.lines,
          before,
          after: builds,
          statusBefore: status,
          statusAfter: rest.status,
          strategy,
          lossy: plays.some((play) => play._tag === "Fault" && play.what === "drop"),
          timed: world === "real"
        }),
        ...children.orphans(rest.lines).map((text) => ({ text })),
        ...rest.restless.map((text) => ({ text: `it did not come to rest: ${text}` })),
        ...(yield* options.leaks).map((text) => ({ text }))
      ]
      status = rest.status
      add(tally, "rounds")
      add(tally, "millis", Number((yield* Clock.monotonicTimeNanos) - began) / 1e6)
      for (const [kind, , , , mode] of rest.lines) if (kind === "sent" && mode !== undefined) add(tally, `${mode}s`)
      for (const [kind] of rest.lines) if (kind === "child") add(tally, "child processes")
      for (const { _tag: tag } of plays) if (tag === "Edit" || tag === "Jump") add(tally, `plays: ${tag}`)
      for (const [kind, , , outcome = ""] of rest.lines) {
        if (kind === "got") add(tally, `outcome ${outcome.startsWith("refused") ? "refused" : outcome}`)
      }
      if (violations.length > 0) return { round, violations, lines: rest.lines } satisfies Failed
    }
    return undefined
  })

/** Says what went wrong, and how to see it again. */
export const report = (seed: number, strategy: string, { lines, round, violations }: Failed): string => {
  const shown = violations.slice(0, 10).map(({ id, text }) => `  - ${text}${id === undefined ? "" : ` [${id}]`}`)
  const id = violations.find((violation) => violation.id !== undefined)?.id
  const letters = new Map<string, number>()
  const isOneOfMany = ([kind, tag, actor = ""]: Line): boolean => {
    if (kind !== "event" || tag !== "DeadLetter") return false
    letters.set(actor, (letters.get(actor) ?? 0) + 1)
    return (letters.get(actor) ?? 0) > 3
  }
  const about = lines.flatMap((words, at) =>
    (words[0] === "event" && !isOneOfMany(words)) || words[0] === "play" || words[0] === "built" ||
      words[0] === "closed" ||
      (id !== undefined && words.includes(id))
      ? [`  ${String(at).padStart(5)} ${words.join(" ")}`]
      : []
  )
  return [
    `chaos: seed ${seed}, round ${round}, ${strategy}: ${violations.length} violations`,
    ...shown,
    `the round, with the history of ${id ?? "no message in particular"}:`,
    ...about,
    ""
  ].join("\n")
}
