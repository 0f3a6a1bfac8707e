/**
 * What the machines of a cluster have to have in common: the protocols of their actors, and how their cluster is declared.
 *
 * Two versions of a system may run together while a new one is rolled out: what both have has to be the same, and each may have actors and
 * messages that the other doesn't have.
 */
import * as Schema from "effect/Schema"
import { parts } from "../actor/fleet.ts"
import type { Membership } from "../actor/membership.ts"
import { conflict } from "../wire/protocol.ts"

/** The form in which machines write this, which grows with each change of it. */
const version = 2

const Agreed = Schema.Struct({
  version: Schema.Finite,
  parts: Schema.Finite,
  /** Where each actor is: on each machine, by its keys, or on one machine with its thread. */
  places: Schema.Record(Schema.String, Schema.String),
  /** A digest of the protocol of each actor that may be on another machine. */
  protocols: Schema.Record(Schema.String, Schema.String)
})
export type Agreed = typeof Agreed.Type

/** What this machine has. */
export const of = (
  { actors, once, protocols, spec: { spread } }: Pick<Membership, "actors" | "once" | "protocols"> & {
    readonly spec: Pick<Membership["spec"], "spread">
  }
): Agreed => ({
  version,
  parts,
  places: Object.fromEntries(actors.map((actor) => {
    const thread = once.find((one) => one.actors.includes(actor))
    return [
      actor,
      thread !== undefined ? `once, on thread "${thread.name}"` : spread.includes(actor) ? "spread" : "on each machine"
    ]
  })),
  protocols
})

/** Writes it for the others. */
export const write = (agreed: Agreed): string => JSON.stringify(agreed)

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Agreed))

/** Reads what another machine has written; nothing if that is of another version of heddle. */
export const read = (text: string): Agreed | undefined => {
  const found = decode(text)
  return found._tag === "Some" ? found.value : undefined
}

/** Says in what this machine differs; nothing if it doesn't. */
export const differs = (theirs: Agreed | undefined, own: Agreed): string | undefined => {
  if (theirs === undefined || theirs.version !== own.version || theirs.parts !== own.parts) {
    return "its heddle speaks with machines in another way; end all machines before the new version starts"
  }
  const places = Object.entries(own.places).flatMap(([actor, here]) => {
    const there = theirs.places[actor]
    return there === undefined || there === here ? [] : [`${actor} is ${here} here, and ${there} there`]
  })
  const protocols = Object.entries(own.protocols).flatMap(([actor, here]) => {
    const there = theirs.protocols[actor]
    const why = there === undefined ? "" : conflict(there, here)
    return why === "" ? [] : [`${actor} has another protocol (${why})`]
  })
  const all = [...places, ...protocols]
  return all.length === 0 ? undefined : all.join("; ")
}
