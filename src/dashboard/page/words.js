/** Says numbers, times and causes in words. */

export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`

export const megabytes = (bytes) => bytes === 0 ? "–" : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`

export const clock = (millis) => new Date(millis).toLocaleTimeString([], { hour12: false })

/** A duration by its largest unit: "9 s", "4 min", "2 h 10 min". */
export const span = (millis) => {
  const seconds = Math.max(0, Math.round(millis / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`
}

/** A short time: to a tenth of a millisecond, or by its largest unit. */
export const short = (millis) =>
  millis < 10 ? `${Math.max(0, millis).toFixed(1)} ms` : millis < 1000 ? `${Math.round(millis)} ms` : span(millis)

/** A place in a program: function, file, line and column. */
export const where = ({ at }) => {
  const line = `${at.file}:${at.line}:${at.column}`
  return `at ${at.function ? `${at.function} (${line})` : line}`
}

/** Where a thread was that did not move, if that is known. */
const place = ({ at, native }) => {
  if (!at) return native ? ", without an answer, as in a synchronous native call" : ""
  return `, ${where({ at })}`
}

/** A cause in one line, in the words of the log. */
export const cause = (value) => {
  switch (value._tag) {
    case "Thrown":
      return `${value.name}: ${value.message}`
    case "Exited":
      return value.how === "process.exit" ? `process.exit(${value.code}) was called` : "its event loop ran empty"
    case "OutOfMemory":
      return "out of memory"
    case "Stalled":
      return `event loop blocked for ${span(value.millis)}${
        value.handling ? ` while it handled ${value.handling}` : ""
      }${place(value)}`
    case "StartTimedOut":
      return `not ready within ${span(value.millis)}${place(value)}`
    case "Requested":
      return "an operator asked for it"
    default:
      return `${value.actor}: ${value.message}`
  }
}
