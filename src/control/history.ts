/**
 * The history of threads, as the supervisor gives it.
 */
import * as Schema from "effect/Schema"

/** One moment of a thread: how busy its event loop is (0 to 1), its heap in bytes, messages that wait, messages handled so far. */
export const Sample = Schema.Tuple([Schema.Finite, Schema.Finite, Schema.Finite, Schema.Finite])
export type Sample = typeof Sample.Type

/** The samples of each thread, the newest last, `everyMillis` apart: an hour at most. */
export const History = Schema.Struct({
  everyMillis: Schema.Finite,
  threads: Schema.Array(Schema.Struct({ name: Schema.String, samples: Schema.Array(Sample) }))
})
export type History = typeof History.Type
