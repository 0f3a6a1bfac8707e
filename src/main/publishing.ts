/**
 * Sends an event to all that need it: the records of actors, those of deaths, subscribers and the log, and readers of dead letters.
 */
import * as Effect from "effect/Effect"
import type { Letter } from "../control/deadLetters.ts"
import type { Topology } from "../control/topology.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import type * as letterBox from "./letterBox.ts"
import * as postMortems from "./postMortems.ts"
import type { Records } from "./status.ts"

/** Makes the records of deaths, with a folder if the environment names one. `run` runs an effect with the program's loggers. */
export const postMortemsOf = (
  topology: Topology,
  run: (effect: Effect.Effect<void>) => void
): postMortems.PostMortems =>
  postMortems.make({
    topology,
    folder: process.env["HEDDLE_POST_MORTEMS"],
    onProblem: (problem) => run(Effect.logWarning(`a post-mortem can't be written: ${problem}`))
  })

/** Makes the two ways to publish: an event, and a dead letter whose payload may be known. */
export const make = (
  records: Records,
  mortems: postMortems.PostMortems,
  { box, log }: {
    readonly box: Effect.Success<ReturnType<typeof letterBox.make>>
    readonly log: (event: SystemEvent) => void
  }
) => ({
  publish(happened: SystemEvent): void {
    const event = mortems.complete(happened)
    records.note(event)
    log(event)
    if (event._tag === "Stopped") box.end()
    if (event._tag === "DeadLetter") box.put({ letter: event })
  },
  publishLetter(letter: Letter): void {
    mortems.complete(letter.letter)
    records.note(letter.letter)
    log(letter.letter)
    box.put(letter)
  }
})
