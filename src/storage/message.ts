/**
 * A message in the storage, and what becomes of it.
 */
import type { Acceptance, Answer } from "../actor/storageActor.ts"
import { named } from "../base/keyName.ts"
import { DeadLetter } from "../SystemEvent.ts"

/** A message that was accepted and is to run. */
export interface Stored {
  readonly seq: number
  readonly actor: string
  readonly message: string
  readonly key: string
  readonly id: string
  /** How long its id is remembered, if it has one of its own. */
  readonly keepForMillis: number | null
  readonly form: number
  readonly payload: Uint8Array
  readonly sender: string
  readonly headers: Readonly<Record<string, string>>
  readonly acceptedAtMillis: number
  readonly dueAtMillis: number
  /** Deliveries, this one included. */
  readonly attempt: number
  /** Runs that have failed. */
  readonly failures: number
  /** How often the process ended without a stop while it was out. */
  readonly kills: number
}

/** A message that is to be accepted. */
export interface Fresh {
  readonly acceptance: Acceptance
  readonly identity: string
  /** It is handed over as soon as it is accepted; else it waits in the storage. */
  readonly runs: boolean
  readonly atMillis: number
}

/** How a delivery has ended. */
export type Outcome =
  /** It ran. `answer`: if the id is remembered, or somebody waits for it. */
  | { readonly _tag: "Done"; readonly message: Stored; readonly answer: Answer | undefined; readonly atMillis: number }
  /** It runs again. `attempt`: how many deliveries there were, as far as they count. */
  | {
    readonly _tag: "Again"
    readonly message: Stored
    readonly dueAtMillis: number
    readonly attempt: number
    readonly failures: number
    readonly kills: number
    readonly why: string
  }
  /** It is a dead letter. */
  | {
    readonly _tag: "Dead"
    readonly message: Stored
    readonly answer: Answer
    readonly failures: number
    readonly why: string
    readonly atMillis: number
  }

/** As often as the process may end without a stop while a message is out: then it is given up. */
export const mostKills = 5

/** What tells messages apart: duplicates have the same. */
export const identityOf = ({ actor, id, key, message }: Pick<Stored, "actor" | "message" | "key" | "id">): string =>
  `${actor.length} ${message.length} ${key.length} ${actor}${message}${key}${id}`

/** The event that reports a dead letter. */
export const deadLetterOf = (dead: Extract<Outcome, { readonly _tag: "Dead" }>): DeadLetter => {
  const { atMillis, failures, message: { actor, key, message: request, sender }, why } = dead
  const times = failures === 1 ? "once" : `${failures} times`
  const name = named(actor, key === "" ? undefined : key)
  return DeadLetter.make({
    atMillis,
    actor,
    ...key === "" ? {} : { key },
    request,
    sender,
    senderThread: sender,
    count: 1,
    cause: "RetriesSpent",
    why: `${name}.${request} has failed ${times} and does not run again; the last failure: ${why}`
  })
}
