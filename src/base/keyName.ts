/**
 * How a key of an actor is named in errors, logs and causes.
 */
import { hashOf } from "./hash.ts"
import { cut } from "./thrown.ts"

/** So much of a key is shown. */
const mostShown = 80
/** The room that `cut` leaves for what it says of the rest. */
const remark = 64

/**
 * The name of an actor, with its key if the message was for one: `Room("lobby")`. A key that is too long to be shown has a number in
 * its name, so that the names of two keys are not alike: circles are found by names.
 */
export const named = (actor: string, key: string | undefined): string =>
  key === undefined ? actor : `${actor}(${JSON.stringify(shown(key))})`

const shown = (key: string): string =>
  key.length <= mostShown && Buffer.byteLength(key) <= mostShown
    ? key
    : `${cut(key, mostShown + remark)} (#${hashOf(key).toString(16).padStart(8, "0")})`
