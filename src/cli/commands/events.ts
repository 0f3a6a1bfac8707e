/**
 * `heddle events`: what has happened in a running system, and what happens.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { levelOf } from "../../control/eventLevel.ts"
import { mainThread } from "../../control/topology.ts"
import { Events } from "../../socket/request.ts"
import * as SystemEvent from "../../SystemEvent.ts"
import { print, printable, printJson, time } from "./output.ts"
import { ask, type Flags, run } from "./target.ts"

const encode = Schema.encodeSync(Schema.toCodecJson(SystemEvent.SystemEvent))

/** Prints the events that are kept, and those to come if `follow` is set, until the system has stopped. */
export const events = (flags: Flags & { readonly follow: boolean }): Effect.Effect<never> =>
  run(
    Stream.runForEach(ask(flags, Events, { follow: flags.follow }), (event) =>
      flags.json
        ? printJson(withTime(event))
        : print(`${time(event.atMillis)}  ${printable(SystemEvent.format(event))}\n`)).pipe(Effect.as(0))
  )

/** An event as JSON, with its time in words. */
const withTime = (event: SystemEvent.SystemEvent): object => {
  const encoded = encode(event)
  const said = {
    time: new Date(event.atMillis).toISOString(),
    level: levelOf(event).toUpperCase(),
    // Main does what no thread does.
    thread: mainThread,
    message: SystemEvent.format(event)
  }
  return typeof encoded === "object" && encoded !== null ? { ...said, ...encoded } : said
}
