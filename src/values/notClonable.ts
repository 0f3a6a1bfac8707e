/**
 * Why something can't cross to another thread: a value, or all values of a schema.
 */

/** So much of a path says where to look. */
const mostShown = 20

/** A problem, and the part of the value or schema that has it. */
export class NotClonable extends Error {
  readonly problem: string
  readonly path: ReadonlyArray<PropertyKey>

  constructor(problem: string, path: ReadonlyArray<PropertyKey> = []) {
    super(problem)
    this.problem = problem
    this.path = path
  }

  /** The path in the form that schemas use: `["to"][0]`; empty for the whole. */
  get at(): string {
    const shown = this.path.map((key) => `[${typeof key === "string" ? JSON.stringify(key) : String(key)}]`)
    return shown.length <= mostShown
      ? shown.join("")
      : `${shown.slice(0, mostShown).join("")} and ${shown.length - mostShown} levels deeper`
  }

  /** In the words of a schema's own issue. */
  describe(): string {
    const { at, problem } = this
    return at === "" ? problem : `${problem}\n  at ${at}`
  }
}

/** An error of a part, as an error of the whole: its path begins with the part. Other errors stay as they are. */
export const ofPart = (key: PropertyKey, error: unknown): unknown =>
  error instanceof NotClonable ? new NotClonable(error.problem, [key, ...error.path]) : error
