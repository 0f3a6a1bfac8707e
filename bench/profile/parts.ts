/** What a CPU profile of V8 says about where the time of a message goes. */

/** What is read of a `.cpuprofile` file; times are microseconds. */
export interface Profile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }>
  readonly startTime: number
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

/** A span of the monotonic clock, in microseconds. */
export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Samples by part of the program, and by function. Those of a thread that waited are in neither.
 *
 * **Details**
 * - Samples are counted, not weighted by the time since the one before: a thread that had to make room for another process
 *   would be charged for the time.
 */
export interface Samples {
  readonly parts: ReadonlyMap<string, number>
  readonly functions: ReadonlyMap<string, number>
}

type Frame = Profile["nodes"][number]["callFrame"]

const native: ReadonlyMap<string, string> = new Map([
  ["(garbage collector)", "garbage collection"],
  ["(program)", "native code and the kernel"],
  ["postMessage", "posting: `postMessage`"],
  ["receiveMessageOnPort", "posting: arrival"],
  ["writev", "writing to the socket: `writev`"]
])

/** Files of Effect that know schemas. */
const schemas = /schema|Option\.|Predicate/i

/**
 * The part of the program that a function belongs to, by its file.
 *
 * **Details**
 * - `source` is the address of heddle's own folder, with a slash at its end. Each folder in it is a part.
 * - Functions that schemas were compiled into have no file, but a line.
 */
export const partOf = ({ functionName, lineNumber, url }: Frame, source: string): string => {
  const known = native.get(functionName)
  if (known !== undefined) return known
  if (url.startsWith(source)) return `heddle: ${url.slice(source.length).split("/").slice(0, -1).join("/") || "src"}`
  if (url === "") return lineNumber >= 0 ? "Effect: schemas" : "built-in functions"
  if (url.includes("messageport")) return "posting: arrival"
  if (url.startsWith("node:")) return "Node"
  if (/\/(effect|@effect\/[a-z-]+)\//.test(url)) {
    if (schemas.test(url.slice(url.lastIndexOf("/node_modules/")))) return "Effect: schemas"
    return url.includes("/http") || url.includes("/platform-node") ? "Effect: HTTP" : "Effect: fibers and the rest"
  }
  return "the benchmark itself"
}

const nameOf = ({ functionName, lineNumber, url }: Frame): string => {
  const file = url.split("/").slice(-2).join("/")
  return `${functionName || "(anonymous)"} ${file}${lineNumber < 0 ? "" : `:${lineNumber + 1}`}`.trim()
}

const count = (totals: Map<string, number>, name: string): void => void totals.set(name, (totals.get(name) ?? 0) + 1)

const within = (spans: ReadonlyArray<Span>, at: number): boolean => spans.some(({ from, to }) => at >= from && at < to)

/** Counts the samples of a thread that fall into the spans. */
export const samplesOf = (profile: Profile, spans: ReadonlyArray<Span>, source: string): Samples => {
  const frames = new Map(profile.nodes.map(({ callFrame, id }) => [id, callFrame]))
  const parts = new Map<string, number>()
  const functions = new Map<string, number>()
  let at = profile.startTime
  profile.samples.forEach((id, index) => {
    const frame = frames.get(id)
    at += profile.timeDeltas[index] ?? 0
    if (frame === undefined || frame.functionName === "(idle)" || !within(spans, at)) return
    count(parts, partOf(frame, source))
    count(functions, nameOf(frame))
  })
  return { parts, functions }
}
