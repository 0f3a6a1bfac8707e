/**
 * Which messages may run twice. `Actor.idempotent` marks them; links look at the mark.
 */
import * as Context from "effect/Context"

/** The mark, an annotation of the message. */
export const Idempotent = Context.Reference<boolean>("heddle/Actor/Idempotent", { defaultValue: () => false })
