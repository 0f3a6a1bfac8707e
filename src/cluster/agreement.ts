/**
 * What the machines of a cluster have to have in common: the protocols of their actors, and how their cluster is declared.
 */
import * as Schema from "effect/Schema"
import type { Membership } from "../actor/membership.ts"
import { difference } from "../wire/protocol.ts"
import { parts } from "./places.ts"

/** The form in which machines write this, which grows with each change of it. */
const version = 1

const Agreed = Schema.Struct({
  version: Schema.Finite,
  parts: Schema.Finite,
  spread: Schema.Array(Schema.String),
  once: Schema.Array(Schema.String),
  /** A digest of the protocol of each actor that may be on another machine. */
  protocols: Schema.Record(Schema.String, Schema.String)
})
export type Agreed = typeof Agreed.Type

/** What this machine has. */
export const of = ({ protocols, spec }: Pick<Membership, "protocols" | "spec">): Agreed => ({
  version,
  parts,
  spread: spec.spread.toSorted(),
  once: spec.once.toSorted(),
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
    return "its heddle divides keys in another way; end all machines before the new version starts"
  }
  const lists = (["spread", "once"] as const).flatMap((list) =>
    theirs[list].join() === own[list].join()
      ? []
      : [`cluster.${list} is [${own[list].join(", ")}] here and [${theirs[list].join(", ")}] there`]
  )
  const actors = Object.keys({ ...theirs.protocols, ...own.protocols }).flatMap((actor) => {
    const [there, here] = [theirs.protocols[actor], own.protocols[actor]]
    return there === undefined || here === undefined || there === here
      ? []
      : [`${actor} has another protocol (${difference(there, here)})`]
  })
  const all = [...lists, ...actors]
  return all.length === 0 ? undefined : all.join("; ")
}
