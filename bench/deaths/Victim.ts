/** An actor that dies in every way, one like it on another thread, and a keyed one. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Transferable from "effect/workers/Transferable"
import { Actor } from "heddle"

export const How = Schema.Literals([
  "throw",
  "rejection",
  "process.exit(0)",
  "out of memory",
  "while(true)",
  "unclonable reply",
  "execSync of 8 s",
  "SIGKILL",
  "SIGSEGV",
  "process.abort()",
  "one huge array",
  "a defect"
])
export type How = typeof How.Type

/** The ways that end no more than the thread. */
export const ofThreads: ReadonlyArray<How> = How.literals.slice(0, 7)
/** All of them; those that no thread survives come first. */
export const ofProcesses: ReadonlyArray<How> = [...How.literals.slice(7, 11), ...ofThreads]
/** Those of a key; the first one ends no more than that. */
export const ofKeys: ReadonlyArray<How> = [...How.literals.slice(11), ...ofThreads]

const messages = [
  /** Takes a second and a half. */
  Rpc.make("Work"),
  Rpc.make("Quick"),
  /** Ends the thread a tenth of a second later, so that everything else has arrived; answers what can't be cloned. */
  Rpc.make("Die", { payload: { how: How }, success: Transferable.Uint8Array })
] as const

export class Victim extends Actor.Service<Victim>()("Victim", messages) {}
export class Room extends Actor.Keyed<Room>()("Room", { key: Schema.String }, messages) {}
export class Sibling extends Actor.Service<Sibling>()("Sibling", messages) {}
