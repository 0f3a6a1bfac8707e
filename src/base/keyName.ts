/**
 * How a key of an actor is named in errors, logs and causes.
 */
import { cut } from "./thrown.ts"

/** So much of a key is shown. */
const mostShown = 80

/** The name of an actor, with its key if the message was for one: `Room("lobby")`. */
export const named = (actor: string, key: string | undefined): string =>
  key === undefined ? actor : `${actor}(${JSON.stringify(cut(key, mostShown))})`
