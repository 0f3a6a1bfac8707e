/**
 * What a machine says of itself, and of all others. Nobody is asked anything until somebody looks.
 *
 * ```text
 *   who looks --> this machine --> itself, and each that answers --> what it says, within a second
 *                              +-> what is known of the others: their state, and how old that is
 * ```
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fleet from "../actor/fleet.ts"
import type { Membership } from "../actor/membership.ts"
import * as places from "./places.ts"
import type { Remote } from "./remote.ts"
import type { Watch } from "./watch.ts"

/** How long a machine has to say how it is. */
const patienceMillis = 1000

/** What looking needs. */
export interface Options {
  readonly address: string
  readonly software: fleet.Software
  readonly held: places.Places
  /** Whether this machine is to hold a place, whether or not anybody has asked for it yet. */
  readonly isGiven: (place: string) => boolean
  readonly membership: Membership
  readonly remote: Remote
  readonly watch: () => Watch
}

const report = Schema.toCodecJson(fleet.Report)
const encodeReport = Schema.encodeEffect(report)
const decodeReport = Schema.decodeUnknownEffect(Schema.fromJsonString(report))
const decodeSoftware = Schema.decodeUnknownOption(Schema.fromJsonString(fleet.Software))

/** Node reads it from /proc, which a container need not have. */
const residentBytes = (): number => {
  try {
    return process.memoryUsage.rss()
  } catch {
    return 0
  }
}

/** What this machine says of itself. */
const ownReport = ({ held, isGiven, membership: { look, once } }: Options, isDetailed: boolean) =>
  Effect.map(look(isDetailed), (threads): fleet.Report => {
    const { system, user } = process.cpuUsage()
    return {
      pid: process.pid,
      upMillis: process.uptime() * 1000,
      cpuMicros: user + system,
      residentBytes: residentBytes(),
      parts: places.allParts.filter(isGiven).length,
      once: once.flatMap(({ name }) => held.find(places.ofThread(name)) === undefined ? [] : [name]),
      ...threads
    }
  })

type Known = ReturnType<Watch["others"]>[number]

/** Why a machine says nothing of itself. */
export const silence = ({ row, state }: Known): string | undefined => {
  switch (state) {
    case "gone":
      return row.condemned
        ? "it could not be reached, and others have taken over what it held"
        : "it has left, or its process has ended"
    case "put out":
      return "it could not be reached, and others take over what it held"
    case "silent":
      return "it does not answer"
    default:
      return undefined
  }
}

/** Another version of heddle may say it in another way. */
export const unread = () => Effect.fail("its heddle is of another version")

/** Asks for no longer than that. */
export const late = <A, R>(asked: Effect.Effect<A, string, R>, millis: number) =>
  Effect.timeoutOrElse(asked, {
    duration: millis,
    orElse: () => Effect.fail(`it has not answered within ${millis} ms`)
  })

/** Makes what looks. */
export const make = (options: Options) => {
  const { address: self, remote, software, watch } = options
  const own = (isDetailed: boolean) => Effect.mapError(ownReport(options, isDetailed), String)
  const reportOf = (address: string, isDetailed: boolean): Effect.Effect<fleet.Report, string> =>
    remote.send(address, (client) => client.HeddleReport({ isDetailed })).pipe(
      Effect.mapError(({ why }) => why),
      Effect.flatMap((text) => Effect.catch(decodeReport(text), unread))
    )

  /** What a machine says, or why it says nothing. */
  const said = (asked: Effect.Effect<fleet.Report, string>) =>
    Effect.match(late(asked, patienceMillis), {
      onFailure: (problem) => ({ report: null, problem }),
      onSuccess: (report) => ({ report, problem: null })
    })

  const other = (one: Known, isDetailed: boolean) => {
    const { address, software } = one.row
    const problem = silence(one)
    const known = decodeSoftware(software)
    return Effect.map(
      problem === undefined ? said(reportOf(address, isDetailed)) : Effect.succeed({ report: null, problem }),
      (said) => ({ address, software: known._tag === "Some" ? known.value : null, ...said })
    )
  }

  return {
    /** What other machines are told of this one. */
    report: (isDetailed: boolean): Effect.Effect<string> =>
      Effect.map(Effect.orDie(Effect.flatMap(own(isDetailed), encodeReport)), (json) => JSON.stringify(json)),
    /** All machines, this one first. */
    machines: Effect.fnUntraced(function*(isDetailed: boolean): Effect.fn.Return<ReadonlyArray<fleet.MachineView>> {
      const [here, ...others] = yield* Effect.all([
        Effect.map(said(own(isDetailed)), (said) => ({ address: self, software, ...said })),
        ...watch().others().map((one) => other(one, isDetailed))
      ], { concurrency: "unbounded" })
      // Those that were asked may have fallen silent meanwhile, or be gone.
      const now = new Map(watch().others().map((one) => [one.row.address, one]))
      return [
        { ...here, isSelf: true, state: "up", ageMillis: 0 },
        ...others.map((one): fleet.MachineView => {
          const { ageMillis = 0, state = "gone" } = now.get(one.address) ?? {}
          return { ...one, isSelf: false, state, ageMillis: one.report === null ? ageMillis : 0 }
        })
      ]
    })
  }
}
