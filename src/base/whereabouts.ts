/**
 * Where in the program a thread was: a place in a file, and the calls that led there.
 */
import * as Schema from "effect/Schema"

/**
 * A place in the source code: the function, its file, and the line and column in it, both from 1 on.
 *
 * **Details**
 * - `function` is empty at the top level of a module and in a function without a name.
 * - `file` is an absolute path, or what the engine calls code that has no file. What a source map covers is named as in its
 *   source.
 *
 * @since 0.1.0
 * @category models
 */
export const Place = Schema.Struct({
  function: Schema.String,
  file: Schema.String,
  line: Schema.Int,
  column: Schema.Int
})
/**
 * The type of `Place`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type Place = typeof Place.Type

/**
 * Where a thread was that did not move.
 *
 * **Details**
 * - `at`: the innermost call in the program's own code or its packages. Absent if nobody looked, or nothing was found.
 * - `stack`: all calls, the innermost first, as in the stack of an error.
 * - `native`: the thread gave no sign for 250 ms. It was in a synchronous native call such as `execSync`, which has no place; or,
 *   seldom, the machine had no processor for it.
 *
 * **Gotchas**
 * - Nobody looks if Node has no inspector, or while one listens: then a debugger is yours alone.
 *
 * @since 0.1.0
 * @category models
 */
export const Whereabouts = Schema.Struct({
  at: Schema.optional(Place),
  stack: Schema.optional(Schema.String),
  native: Schema.optional(Schema.Boolean)
})
/**
 * The type of `Whereabouts`' values.
 *
 * @since 0.1.0
 * @category models
 */
export type Whereabouts = typeof Whereabouts.Type

/**
 * Describes a place as a stack trace does: `function (file:line:column)`.
 *
 * @since 0.1.0
 * @category formatting
 */
export const formatPlace = ({ column, file, function: name, line }: Place): string =>
  name === "" ? `${file}:${line}:${column}` : `${name} (${file}:${line}:${column})`

/**
 * Describes in words where a thread was, to be put after what became of it; empty if nothing is known.
 *
 * @since 0.1.0
 * @category formatting
 */
export const formatWhereabouts = ({ at, native }: Whereabouts): string =>
  at !== undefined
    ? `, at ${formatPlace(at)}`
    : native === true
    ? ", without an answer, as in a synchronous native call"
    : ""
