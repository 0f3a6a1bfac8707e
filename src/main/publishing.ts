/**
 * What is known of a system, and who learns of what happens: the records of actors, those of deaths, logs and metrics of threads that
 * live and that are dead, subscribers and the log, and readers of dead letters.
 */
import * as Effect from "effect/Effect"
import type { Letter } from "../control/deadLetters.ts"
import type { Topology } from "../control/topology.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import * as inspecting from "./inspections.ts"
import type * as letterBox from "./letterBox.ts"
import * as measures from "./measuring.ts"
import * as metrics from "./metrics.ts"
import * as postMortems from "./postMortems.ts"
import * as status from "./status.ts"
import * as threadLogs from "./threadLogs.ts"

/**
 * Makes the records, and the two ways to publish: an event, and a dead letter whose payload may be known. Deaths are recorded in a
 * folder as well, if the environment names one. `run` runs an effect with the program's loggers.
 */
export const make = ({ box, living, log, run, topology }: {
  readonly topology: Topology
  readonly living: ReadonlyMap<number, status.Living>
  readonly box: Effect.Success<ReturnType<typeof letterBox.make>>
  readonly log: (event: SystemEvent) => void
  readonly run: (effect: Effect.Effect<void>) => void
}) => {
  const records = status.makeRecords(topology)
  const measuring = measures.make(topology, living)
  const mortems = postMortems.make({
    topology,
    folder: process.env["HEDDLE_POST_MORTEMS"],
    onProblem: (problem) => run(Effect.logWarning(`a post-mortem can't be written: ${problem}`))
  })
  return {
    records,
    metrics: metrics.make(),
    measuring,
    postMortems: mortems,
    logs: threadLogs.make(living),
    inspections: inspecting.make(topology, living),
    publish(happened: SystemEvent): void {
      const event = mortems.complete(happened)
      records.note(event)
      measuring.note(event)
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
  }
}
