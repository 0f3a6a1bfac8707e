/**
 * A turn: all that one event sets off, until it has come to its end and others have theirs. What many of its messages share
 * is done once, at its end.
 */
const over = Promise.resolve()

/** What is to be called at the end. */
let ending: Array<() => void> = []
/** Somebody will end this turn. */
let open = false
let turns = 0

/** A number that is another after each turn at whose end something was to be done; it may stay the same after others. */
export const current = (): number => turns

/** The number of the turn that is open, at whose end something is called; -1 if none is. */
export const openTurn = (): number => open ? turns : -1

/** Calls what is to be called, all of it: what fails is thrown when the others have been called. */
const end = (failed?: Array<unknown>): void => {
  let failures = failed
  const all = ending
  ending = []
  open = false
  turns++
  for (const f of all) {
    try {
      f()
    } catch (error) {
      failures = [...failures ?? [], error]
    }
  }
  if (failures === undefined) return
  throw failures.length === 1
    ? failures[0]
    : new AggregateError(failures, "several things failed in one turn of the event loop")
}

const endAlone = (): void => end()

/** Calls `f` at the end of this turn. Unless it runs `inTurn`, that is when the code that runs now has come to its end. */
export const atEndOfTurn = (f: () => void): void => {
  ending.push(f)
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
