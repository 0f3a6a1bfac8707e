/**
 * What happens in the system, as subscribers and the log see it.
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as settings from "../base/logSettings.ts"
import { levelOf } from "../control/eventLevel.ts"
import { mainThread } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import * as SystemEvent from "../SystemEvent.ts"

/** How many events a subscriber may be behind before it misses the oldest. */
const capacity = 1024

/** How many events are kept for those who ask later. */
const keptEvents = 200

/** Makes the log. `isQuiet`: it writes warnings and errors only, since standard output belongs to the program. */
export const make = Effect.fnUntraced(function*({ isQuiet }: { readonly isQuiet: boolean }) {
  const pubsub = yield* PubSub.sliding<SystemEvent.SystemEvent>(capacity)
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  // A level that somebody has set shows what it has.
  const isSilent = isQuiet && settings.levelOf(settings.levels(), mainThread) === undefined
  const line = makeLines()
  const kept: Array<SystemEvent.SystemEvent> = []
  return {
    /** Sends an event to all subscribers, and writes it to the log. */
    publish(event: SystemEvent.SystemEvent): void {
      PubSub.publishUnsafe(pubsub, event)
      kept.push(withoutRecord(event))
      if (kept.length > keptEvents) kept.shift()
      runFork(isSilent ? Effect.provideService(line(event), References.MinimumLogLevel, "Warn") : line(event))
    },
    /** Everything from now on; ends after `Stopped`. */
    events: Stream.takeUntil(Stream.fromPubSub(pubsub), isLast),
    /** The last events, the oldest first. */
    recent: (): ReadonlyArray<SystemEvent.SystemEvent> => [...kept],
    /** The last events, and everything from now on; ends after `Stopped`. */
    recentAndLater: Stream.unwrap(Effect.map(
      PubSub.subscribe(pubsub),
      (later) => Stream.takeUntil(Stream.concat(Stream.fromArray([...kept]), Stream.fromSubscription(later)), isLast)
    ))
  }
})

/** The records of deaths are kept elsewhere, fewer of them: they are large. */
const withoutRecord = (event: SystemEvent.SystemEvent): SystemEvent.SystemEvent => {
  if (event._tag !== "ThreadExited") return event
  const { postMortem: _, ...others } = event
  return others
}

const isLast = ({ _tag }: SystemEvent.SystemEvent): boolean => _tag === "Stopped"

/** Writes events one after the other; the stack of a cause that several of them carry is written once. */
const makeLines = () => {
  let written = ""
  const detailOf = (event: SystemEvent.SystemEvent): string => {
    const detail = detailed(event)
    if (detail === "" || detail === written) return ""
    written = detail
    return `\n${detail}`
  }
  return (event: SystemEvent.SystemEvent): Effect.Effect<void> => {
    // The same stack in the next incarnation is a new failure.
    if (event._tag === "ActorStarted") written = ""
    return write(event, detailOf(event))
  }
}

/** What the line of an event leaves out of its failure. */
const detailed = (event: SystemEvent.SystemEvent): string => {
  switch (event._tag) {
    case "ThreadExited":
    case "ThreadStalled":
    case "ActorFailed":
    case "GaveUp":
      return ExitCause.detail(event.cause)
    case "ThreadTerminated":
      return event.stack ?? ""
    default:
      return ""
  }
}

const write = (event: SystemEvent.SystemEvent, detail: string): Effect.Effect<void> => {
  const level = levelOf(event)
  const line = SystemEvent.format(event)
  return Effect.logWithLevel(level)(level === "Info" ? line : `${line}${detail}`)
}
