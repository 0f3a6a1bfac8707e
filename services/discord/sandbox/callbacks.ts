/** How a bot may answer an interaction: the types of callbacks, and what each carries. */
import * as Schema from "effect/Schema"
import { Kind } from "./interactionData.ts"

/** The types of callbacks. */
export const Callback = { message: 4, deferred: 5, deferredUpdate: 6, update: 7, choices: 8, form: 9 } as const

/** Which answers an interaction of a kind takes. */
const answersOf: Readonly<Record<Kind, ReadonlyArray<number>>> = {
  [Kind.command]: [Callback.message, Callback.deferred, Callback.form],
  [Kind.component]: [Callback.message, Callback.deferred, Callback.deferredUpdate, Callback.update, Callback.form],
  [Kind.autocomplete]: [Callback.choices],
  [Kind.form]: [Callback.message, Callback.deferred, Callback.deferredUpdate, Callback.update]
}

export const decodeCallback = Schema.decodeUnknownOption(
  Schema.Struct({ type: Schema.Int, data: Schema.optionalKey(Schema.NullOr(Schema.Unknown)) })
)

export const decodeFlags = Schema.decodeUnknownOption(
  Schema.Struct({ flags: Schema.optionalKey(Schema.NullOr(Schema.Int)) })
)

/** What an option may be, as a bot proposes it. */
const Choice = Schema.Struct({ name: Schema.String, value: Schema.Union([Schema.String, Schema.Finite]) })
export type Choice = typeof Choice.Type
export const decodeChoices = Schema.decodeUnknownOption(
  Schema.Struct({ choices: Schema.Array(Choice).check(Schema.isMaxLength(25)) })
)

export const decodeForm = Schema.decodeUnknownOption(Schema.Struct({
  custom_id: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)),
  title: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(45)),
  components: Schema.Unknown
}))

/** Whether an interaction of a kind can be answered with a type of callback; only one at a message can update it. */
export const takes = (kind: Kind, type: number, isAtMessage: boolean): boolean => {
  const updates = type === Callback.update || type === Callback.deferredUpdate
  return answersOf[kind].includes(type) && (isAtMessage || !updates)
}
