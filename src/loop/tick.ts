/**
 * A turn: all that one event sets off, until it has come to its end and others have theirs. What many of its messages share
 * is done once, at its end.
 */
const over = Promise.resolve()

/** What is to be called at the end, and how much. Two arrays take turns, because to make one each time costs. */
let ending: Array<(() => void) | undefined> = []
let count = 0
let spare: typeof ending | undefined
/** Somebody will end this turn. */
let open = false
let turns = 0

/** A number that is another after each turn at whose end something was to be done; it may stay the same after others. */
export const current = (): number => turns

/** Calls what is to be called, all of it: what fails is thrown when the others have been called. */
const end = (failed?: Array<unknown>): void => {
  let failures = failed
  const all = ending
  const to = count
  ending = spare ?? []
  spare = undefined
  count = 0
  open = false
  turns++
  for (let at = 0; at < to;) {
    try {
      while (at < to) {
        const f = all[at]
        all[at++] = undefined
        f?.()
      }
    } catch (error) {
      failures = [...failures ?? [], error]
    }
  }
  spare = all
  if (failures === undefined) return
  throw failures.length === 1
    ? failures[0]
    : new AggregateError(failures, "several things failed in one turn of the event loop")
}

const endAlone = (): void => end()

/** Calls `f` at the end of this turn. Unless it runs `inTurn`, that is when the code that runs now has come to its end. */
export const atEndOfTurn = (f: () => void): void => {
  ending[count++] = f
  if (open) return
  open = true
  // `queueMicrotask` of Node costs more than twice as much, for the context that it keeps.
  void over.then(endAlone)
}

/** Calls `f`, after which the turn ends: at less cost than by a promise. What fails in it is thrown at its end. */
export const inTurn = <A>(f: (value: A) => void, value: A): void => {
  if (open) return f(value)
  open = true
  try {
    f(value)
  } catch (error) {
    return end([error])
  }
  end()
}
